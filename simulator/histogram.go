package simulator

import (
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Histogram is a high dynamic range histogram of microseconds in the encoding
// that its libraries share (V2, compressed, base64), so that the figures of
// several processes can be added up. "" has no values.
type Histogram string

func encoded(h *hdrhistogram.Histogram) Histogram {
	if h == nil || h.TotalCount() == 0 {
		return ""
	}
	b, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		return "" // a histogram of our own always encodes
	}
	return Histogram(b)
}

func (h Histogram) decode() (*hdrhistogram.Histogram, error) {
	if h == "" {
		return newHistogram(), nil
	}
	out, err := hdrhistogram.Decode([]byte(h))
	if err != nil {
		return nil, fmt.Errorf("histogram: %w", err)
	}
	return out, nil
}

// Quantile is a point of a distribution.
type Quantile struct {
	Percent float64 // of the values are at most …
	MS      float64 // … this, milliseconds
}

// Quantiles returns the distribution at percentiles that come closer and closer
// to all. It is empty for a histogram without values.
func (h Histogram) Quantiles() ([]Quantile, error) {
	d, err := h.decode()
	if err != nil || d.TotalCount() == 0 {
		return nil, err
	}
	var out []Quantile
	for _, percent := range []float64{0, 10, 25, 50, 60, 70, 75, 80, 85, 90, 92.5, 95, 97, 98, 99, 99.5, 99.8, 99.9, 99.95, 99.99} {
		out = append(out, Quantile{percent, float64(d.ValueAtQuantile(percent)) / 1000})
	}
	return out, nil
}

// newHistogram takes microseconds up to ten minutes, three digits of each.
func newHistogram() *hdrhistogram.Histogram { return hdrhistogram.New(1, 600_000_000, 3) }

// observe records d, cut to the histogram's range.
func observe(h *hdrhistogram.Histogram, d time.Duration) {
	us := min(max(d.Microseconds(), 1), h.HighestTrackableValue())
	_ = h.RecordValue(us) // cannot fail within the range
}

func percentiles(h *hdrhistogram.Histogram) Percentiles {
	ms := func(q float64) float64 { return float64(h.ValueAtQuantile(q)) / 1000 }
	if h.TotalCount() == 0 {
		return Percentiles{}
	}
	return Percentiles{P50: ms(50), P90: ms(90), P99: ms(99), Max: float64(h.Max()) / 1000}
}

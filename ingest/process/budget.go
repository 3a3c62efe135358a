package process

import (
	"time"

	"rione/ingest"
)

// Budget bounds what devices and comuni bring. Its errors say what is over
// which limit. It is safe for the processors of all partitions.
type Budget interface {
	// Message counts a message, unless its door counted it already.
	Message(door, comune, device string, received time.Time) error
	// Admit counts a point before it is written: its series, by a hash of its
	// measurement and tags, and the bytes that it will take.
	Admit(comune, device string, series uint64, bytes int64) error
}

// afford counts a point that is about to be encoded against the budget, and
// returns why it must not be written: nothing is left for its series, or for its
// message.
func (p *pipeline) afford(pt *ingest.Point) *ingest.Refusal {
	if p.opt.Budget == nil {
		return nil
	}
	m, comune := &p.msg, pt.Device.Current().Comune
	if m.points == 0 {
		if err := p.opt.Budget.Message(m.Door, comune, pt.Device.ID, m.Received); err != nil {
			return ingest.Refuse(ingest.OverQuota, err.Error())
		}
	}
	if err := p.opt.Budget.Admit(comune, pt.Device.ID, seriesOf(pt), bytesOf(pt)); err != nil {
		return ingest.Refuse(ingest.OverQuota, err.Error())
	}
	return nil
}

// bytesOf estimates what a point takes in the store for good: some three bytes a
// value and four for its time, as InfluxDB compresses regular readings.
func bytesOf(pt *ingest.Point) int64 { return int64(4 + 3*(len(pt.Fields)+3)) } // lat, lon and q are fields too

// seriesOf hashes what makes a series of the store, beside its device.
func seriesOf(pt *ingest.Point) uint64 {
	h := hashText(0, pt.Measurement.Name)
	for i := range pt.Tags {
		h = hashText(hashText(h, pt.Tags[i].Name), pt.Tags[i].Value)
	}
	return h
}

package dashboards

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"testing"
)

// rgb is a colour in linear light.
type rgb [3]float64

func linear(t *testing.T, hex string) rgb {
	t.Helper()
	var out rgb
	for i := range out {
		n, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if out[i] = c / 12.92; c > 0.04045 {
			out[i] = math.Pow((c+0.055)/1.055, 2.4)
		}
	}
	return out
}

// visions are how people with a complete deficiency of one kind of cone see, by
// the matrices of Machado, Oliveira and Fernandes (2009), in linear light.
func visions() map[string][3]rgb {
	return map[string][3]rgb{
		"common":       {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
		"protanopia":   {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
		"deuteranopia": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
		"tritanopia":   {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
	}
}

func seen(c rgb, m [3]rgb) rgb {
	var out rgb
	for i := range out {
		for j := range c {
			out[i] += m[i][j] * c[j]
		}
		out[i] = min(1, max(0, out[i]))
	}
	return out
}

func luminance(c rgb) float64 { return 0.2126729*c[0] + 0.7151522*c[1] + 0.0721750*c[2] }

// lab is the colour in CIE L*a*b* under D65.
func lab(c rgb) rgb {
	f := func(v float64) float64 {
		if v > 0.008856 {
			return math.Cbrt(v)
		}
		return 7.787*v + 16.0/116
	}
	x := f((0.4124564*c[0] + 0.3575761*c[1] + 0.1804375*c[2]) / 0.95047)
	y := f(luminance(c))
	z := f((0.0193339*c[0] + 0.1191920*c[1] + 0.9503041*c[2]) / 1.08883)
	return rgb{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

func distance(a, b rgb) float64 {
	return math.Sqrt((a[0]-b[0])*(a[0]-b[0]) + (a[1]-b[1])*(a[1]-b[1]) + (a[2]-b[2])*(a[2]-b[2]))
}

// TestColoursAreToldApart: what stands side by side differs by 15 in L*a*b* at
// least (2 is just seen), whatever cones somebody lacks.
func TestColoursAreToldApart(t *testing.T) {
	series := make([]string, 7) // the eighth is grey, which some take for purple
	for i := range series {
		series[i] = seriesColour(i)
	}
	var eaqi []string
	for _, s := range bands("pm25_ugm3") {
		eaqi = append(eaqi, s.Colour)
	}
	for name, set := range map[string][]string{
		"states": {Good, Fair, Poor, Bad, Neutral, Unknown}, "series": series, "air quality": eaqi,
	} {
		for vision, m := range visions() {
			for i, a := range set {
				for _, b := range set[i+1:] {
					if d := distance(lab(seen(linear(t, a), m)), lab(seen(linear(t, b), m))); d < 15 {
						t.Errorf("%s: %s and %s differ by %.0f for %s vision", name, a, b, d, vision)
					}
				}
			}
		}
	}
}

// TestColoursStandOut: lines and markers have 3:1 on Grafana's dark page (WCAG
// 1.4.11), and black or white text has 4.5:1 on every colour (1.4.3).
func TestColoursStandOut(t *testing.T) {
	contrast := func(a, b string) float64 {
		x, y := luminance(linear(t, a)), luminance(linear(t, b))
		return (max(x, y) + 0.05) / (min(x, y) + 0.05)
	}
	for i := range 8 {
		c := seriesColour(i)
		if r := contrast(c, "#181b1f"); r < 3 {
			t.Errorf("%s has %.1f on the dark page", c, r)
		}
		if r := max(contrast(c, "#000000"), contrast(c, "#ffffff")); r < 4.5 {
			t.Errorf("text has %.1f on %s", r, c)
		}
	}
}

// TestColourIsNeverText: yellow text could not be read on a white page.
func TestColourIsNeverText(t *testing.T) {
	set := testSet(t)
	eachPanel(&set, func(d *Dashboard, p Panel) {
		e := &encoder{set: &set, dashboard: d}
		options := e.options(p)
		if p.Kind == Stat && (options["colorMode"] == "value") != (len(p.Steps) == 0) || p.Kind == BarGauge && options["valueMode"] != "text" {
			t.Errorf("%s/%s draws text in its colour: %v", d.Name, p.Title.En, options)
		}
		if p.Kind == Markdown {
			return
		}
		for _, o := range e.overrides(p) {
			if slices.ContainsFunc(o.(object)["properties"].(list), func(q any) bool {
				return q.(object)["id"] == "custom.cellOptions" && fmt.Sprint(q.(object)["value"]) != "map[mode:basic type:color-background]"
			}) {
				t.Errorf("%s/%s: %v", d.Name, p.Title.En, o)
			}
		}
	})
}

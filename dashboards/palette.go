package dashboards

// The palette of Okabe and Ito (2008, "Color Universal Design"), which people
// with any common colour-vision deficiency tell apart. State is never said by
// colour alone: values carry words, map layers carry shapes.
const (
	blue       = "#0072B2"
	orange     = "#E69F00"
	green      = "#009E73"
	sky        = "#56B4E9"
	vermillion = "#D55E00"
	purple     = "#CC79A7"
	yellow     = "#F0E442"
	grey       = "#999999"
)

// What the colours of states mean, on every dashboard.
const (
	Good    = blue
	Fair    = yellow
	Poor    = orange
	Bad     = vermillion
	Neutral = sky
	Unknown = grey
)

// seriesColour returns the colour of the nth series of a plot.
func seriesColour(n int) string {
	order := [...]string{blue, orange, green, purple, sky, vermillion, yellow, grey}
	return order[n%len(order)]
}

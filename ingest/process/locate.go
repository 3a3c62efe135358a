package process

import "rione/ingest"

// locate gives the point the place that was valid at its time. Where a payload
// says that a fixed device is does not count: the registry knows.
func locate(pt *ingest.Point) {
	pt.Place = pt.Device.At(pt.Time)
	pt.Position = pt.Place.Point
	if pt.Place.Uncertain {
		pt.Quality |= ingest.PositionUncertain
	}
}

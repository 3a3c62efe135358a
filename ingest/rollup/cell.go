package rollup

import (
	"math"

	"rione/ingest/schema"
)

// cell sums one field of one series over one window. Which members count
// follows from the fold. Cells of short windows add up to those of long ones.
type cell struct {
	n           int64
	min, max    float64
	sum, weight float64 // of the mean: Σ weight·value, or Σ weight·energy
	sin, cos    float64 // of directions: Σ of unit vectors
	inc         float64
	resets      int64
	known, on   float64 // of states, seconds
}

// add takes one reading in. The weight matters to energetic means only.
func (c *cell) add(fold schema.Fold, v, weight float64) {
	switch fold {
	case schema.FoldMean, schema.FoldSum:
		c.sum += v
		c.weight++
	case schema.FoldEnergetic:
		c.sum += weight * math.Pow(10, v/10)
		c.weight += weight
	case schema.FoldCircular:
		sin, cos := math.Sincos(v * math.Pi / 180)
		c.sin, c.cos = c.sin+sin, c.cos+cos
	}
	c.bound(v, v)
	c.n++
}

func (c *cell) bound(lo, hi float64) {
	if c.n == 0 {
		c.min, c.max = lo, hi
		return
	}
	c.min, c.max = min(c.min, lo), max(c.max, hi)
}

// merge takes in the cell of a part of the window.
func (c *cell) merge(o *cell) {
	if o.n > 0 {
		c.bound(o.min, o.max)
	}
	c.n += o.n
	c.sum, c.weight = c.sum+o.sum, c.weight+o.weight
	c.sin, c.cos = c.sin+o.sin, c.cos+o.cos
	c.inc, c.resets = c.inc+o.inc, c.resets+o.resets
	c.known, c.on = c.known+o.known, c.on+o.on
}

// empty tells whether the cell says nothing.
func (c *cell) empty() bool { return c.n == 0 && c.known == 0 }

// frame is what statistics depend on beside the cell: lengths in seconds.
type frame struct {
	length   float64 // of the window
	interval float64 // expected time between readings, 0 unknown
}

// unsteady is the length of the mean vector below which it has no direction.
const unsteady = 1e-9

// stat returns a statistic of the cell, false where it has none.
func (c *cell) stat(fold schema.Fold, name string, f frame) (float64, bool) {
	switch name {
	case schema.StatN:
		return float64(c.n), true
	case schema.StatValid:
		return c.valid(fold, f)
	case schema.StatMean:
		return c.mean(fold)
	case schema.StatMin:
		return c.min, c.n > 0
	case schema.StatMax:
		return c.max, c.n > 0
	case schema.StatSum:
		return c.sum, c.n > 0
	case schema.StatWeight:
		return c.weight, c.n > 0
	case schema.StatSteady:
		return c.steadiness(), c.n > 0
	case schema.StatOn:
		return min(100, 100*c.on/c.known), c.known > 0
	case schema.StatInc:
		return c.inc, true
	case schema.StatResets:
		return float64(c.resets), true
	}
	return 0, false
}

// valid returns the share of the readings expected, or of the time in which a
// state is known, percent.
func (c *cell) valid(fold schema.Fold, f frame) (float64, bool) {
	if fold == schema.FoldShare {
		return min(100, 100*c.known/f.length), true
	}
	if f.interval <= 0 {
		return 0, false
	}
	return min(100, 100*float64(c.n)*f.interval/f.length), true
}

func (c *cell) mean(fold schema.Fold) (float64, bool) {
	switch fold {
	case schema.FoldCircular:
		deg := math.Atan2(c.sin, c.cos) * 180 / math.Pi
		if deg < 0 {
			deg += 360
		}
		return deg, c.n > 0 && c.steadiness() > unsteady
	case schema.FoldEnergetic:
		return 10 * math.Log10(c.sum/c.weight), c.weight > 0
	}
	return c.sum / c.weight, c.weight > 0
}

func (c *cell) steadiness() float64 { return math.Hypot(c.sin, c.cos) / float64(c.n) }

// restore sets what a statistic of a stored window says. It is called for the
// statistics in the order of the fold, n and valid_pct first. length is that of
// the stored window, seconds.
func (c *cell) restore(fold schema.Fold, name string, v, length float64) {
	switch name {
	case schema.StatN:
		c.n = int64(v)
		c.weight = v // until w says otherwise
	case schema.StatValid:
		if fold == schema.FoldShare {
			c.known = v / 100 * length
		}
	case schema.StatMean:
		c.restoreMean(fold, v)
	case schema.StatMin:
		c.min = v
	case schema.StatMax:
		c.max = v
	case schema.StatSum:
		c.sum = v
	case schema.StatWeight: // the mean stands in sum, as energy for a weight of n
		c.sum *= v / c.weight
		c.weight = v
	case schema.StatSteady:
		c.sin, c.cos = c.sin*v, c.cos*v
	case schema.StatOn:
		c.on = v / 100 * c.known
	case schema.StatInc:
		c.inc = v
	case schema.StatResets:
		c.resets = int64(v)
	}
}

func (c *cell) restoreMean(fold schema.Fold, v float64) {
	n := float64(c.n)
	switch fold {
	case schema.FoldEnergetic:
		c.sum = n * math.Pow(10, v/10)
	case schema.FoldCircular:
		sin, cos := math.Sincos(v * math.Pi / 180)
		c.sin, c.cos = n*sin, n*cos
	default:
		c.sum = n * v
	}
}

package signal

import "math"

// mix is the finalizer of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// lattice returns a number in [0, 1) that belongs to a corner of the grid.
func lattice(seed uint64, x, y, z int64) float64 {
	return float64(mix(mix(mix(seed^uint64(x))^uint64(y))^uint64(z))>>11) / (1 << 53)
}

// smooth returns value noise (Perlin's lattice noise of values, not gradients)
// in [0, 1): the same number at the same place, close numbers at close places.
func smooth(seed uint64, x, y, z float64) float64 {
	x0, y0, z0 := math.Floor(x), math.Floor(y), math.Floor(z)
	fx, fy, fz := ease(x-x0), ease(y-y0), ease(z-z0)
	at := func(dx, dy, dz int64) float64 {
		return lattice(seed, int64(x0)+dx, int64(y0)+dy, int64(z0)+dz)
	}
	return lerp(fz,
		lerp(fy, lerp(fx, at(0, 0, 0), at(1, 0, 0)), lerp(fx, at(0, 1, 0), at(1, 1, 0))),
		lerp(fy, lerp(fx, at(0, 0, 1), at(1, 0, 1)), lerp(fx, at(0, 1, 1), at(1, 1, 1))))
}

func ease(t float64) float64 { return t * t * (3 - 2*t) }

func lerp(t, a, b float64) float64 { return a + t*(b-a) }

func clamp(v, lo, hi float64) float64 { return math.Max(lo, math.Min(hi, v)) }

// Hash returns a number that looks random and belongs to its two arguments.
func Hash(seed, n uint64) uint64 { return mix(mix(seed) ^ n) }

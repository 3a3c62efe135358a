package quantity

import "math"

// EnergeticMean returns the level, in dB, of the mean energy of levels in dB
// that each stand for the same time: 10·lg(1/n · Σ 10^(L/10)) (ISO 1996-1,
// 3.1.4, for equal intervals). It returns NaN for no levels: silence is not
// 0 dB.
func EnergeticMean(levels ...float64) float64 {
	var sum float64
	for _, l := range levels {
		sum += math.Pow(10, l/10)
	}
	return 10 * math.Log10(sum/float64(len(levels)))
}

// EnergeticMeanOver is EnergeticMean for levels that stand for times of
// different lengths, in any one unit: 10·lg(Σ t·10^(L/10) / Σ t). The slices
// have the same length, else, or when the times sum to nothing, it is NaN.
func EnergeticMeanOver(levels, times []float64) float64 {
	if len(levels) != len(times) {
		return math.NaN()
	}
	var energy, total float64
	for i, l := range levels {
		energy += times[i] * math.Pow(10, l/10)
		total += times[i]
	}
	return 10 * math.Log10(energy/total)
}

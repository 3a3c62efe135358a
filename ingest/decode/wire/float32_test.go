package wire

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestFloat32(t *testing.T) {
	f := func(in float32, want float64) {
		t.Helper()
		if got := Float32(in); got != want {
			t.Errorf("Float32(%v) = %v; want %v", float64(in), got, want)
		}
	}
	f(21.4, 21.4)
	f(-0.1, -0.1)
	f(1013.25, 1013.25)
	f(0.000123, 0.000123)
	f(3.14159274, 3.1415927) // the eighth digit of π is the last that 32 bits hold
	f(21.40625, 21.40625)    // exact in 16 bits too
	f(0, 0)
	f(1e-45, 1e-45) // the smallest there is
	f(math.MaxFloat32, float64(float32(math.MaxFloat32)))
	f(16777216, 16777216)
	f(1276020096, 1276020096) // a time: the shortest digits, 1.2760201e9, are four seconds later
	f(-4294967296, -4294967296)
	if f := Float32(float32(math.NaN())); f == f {
		t.Errorf("of no number: %v", f)
	}
	if f := Float32(float32(math.Inf(-1))); !math.IsInf(f, -1) {
		t.Errorf("of an infinity: %v", f)
	}
}

// What is returned is the same 32 bits again, and of a decimal with up to six
// digits, which 32 bits always tell apart, it is that decimal.
func TestFloat32Property(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 32))
	for range 200_000 {
		in := math.Float32frombits(rng.Uint32())
		if got := Float32(in); in == in && float32(got) != in {
			t.Fatalf("Float32(%x) = %v, other bits", math.Float32bits(in), got)
		}
		decimal := float64(rng.IntN(2_000_000)-1_000_000) / powersOfTen[rng.IntN(7)]
		if got := Float32(float32(decimal)); math.Abs(decimal) < 1e6 && got != decimal {
			t.Fatalf("of %v: %v", decimal, got)
		}
	}
}

package simulator

import (
	"errors"
	"fmt"
	"math"
	"sort"
	"time"
)

// Knot is a point of a load profile: the rate at a time since the beginning.
// Between two knots the rate changes evenly.
type Knot struct {
	At   time.Duration
	Rate float64 // messages a second in all
}

// Constant returns a profile of one rate.
func Constant(rate float64, length time.Duration) []Knot {
	return []Knot{{0, rate}, {length, rate}}
}

// Bursts returns a profile of base with bursts of peak: one begins after each
// pause and lasts burst. Each edge takes a millisecond.
func Bursts(base, peak float64, pause, burst, length time.Duration) []Knot {
	const edge = time.Millisecond
	out := []Knot{{0, base}}
	for at := pause; at+burst < length; at += pause + burst {
		out = append(out, Knot{at, base}, Knot{at + edge, peak}, Knot{at + burst, peak}, Knot{at + burst + edge, base})
	}
	return append(out, Knot{length, base})
}

// checkProfile returns what is wrong with a profile.
func checkProfile(knots []Knot) error {
	if len(knots) == 0 {
		return nil
	}
	if len(knots) < 2 || knots[0].At != 0 {
		return errors.New("a load profile has at least two knots, the first at 0")
	}
	sum := 0.0
	for i, k := range knots {
		switch {
		case !(k.Rate >= 0 && k.Rate <= MaxRate):
			return fmt.Errorf("knot %d: %v messages a second: 0 to %d", i, k.Rate, MaxRate)
		case i > 0 && k.At <= knots[i-1].At:
			return fmt.Errorf("knot %d: its time %v is not after the one before", i, k.At)
		}
		sum += k.Rate
	}
	if sum == 0 {
		return errors.New("a load profile of nothing but zeros has no messages")
	}
	return nil
}

// pace turns device time into wall time. It is the integral of the profile's
// speed, a parabola between each two knots.
type pace struct {
	at    []float64 // s of wall time, of each knot
	speed []float64 // device time per wall time, at each knot
	sum   []float64 // s of device time until each knot
}

// newPace returns the pace of a profile over a city whose devices send natural
// messages a second.
func newPace(knots []Knot, natural float64) *pace {
	p := &pace{}
	total := 0.0
	for i, k := range knots {
		at, speed := k.At.Seconds(), k.Rate/natural
		if i > 0 {
			total += (at - p.at[i-1]) * (speed + p.speed[i-1]) / 2
		}
		p.at, p.speed, p.sum = append(p.at, at), append(p.speed, speed), append(p.sum, total)
	}
	return p
}

// length returns the device time of the whole profile.
func (p *pace) length() time.Duration { return inSeconds(p.sum[len(p.sum)-1]) }

// lead returns by how much device time gets ahead of wall time at most: at a
// knot, or where the speed passes 1.
func (p *pace) lead() time.Duration {
	most := 0.0
	for i := range p.at {
		most = math.Max(most, p.sum[i]-p.at[i])
		if i+1 < len(p.at) && (p.speed[i] > 1) != (p.speed[i+1] > 1) {
			a := (p.speed[i+1] - p.speed[i]) / (p.at[i+1] - p.at[i])
			x := (1 - p.speed[i]) / a
			most = math.Max(most, p.sum[i]+p.speed[i]*x+a*x*x/2-p.at[i]-x)
		}
	}
	return inSeconds(most) + time.Millisecond // rounding
}

// wall returns the wall time at which the device time reaches t. Past the end,
// the last speed goes on, so that what is over is over.
func (p *pace) wall(t time.Duration) time.Duration {
	want := t.Seconds()
	i := sort.SearchFloat64s(p.sum, want) - 1
	switch last := len(p.sum) - 1; {
	case i < 0:
		i = 0
	case i >= last:
		return inSeconds(p.at[last] + (want-p.sum[last])/math.Max(p.speed[last], 1e-6))
	}
	// Within the segment: want = sum + v·x + a·x²/2, solved for x.
	rest, v := want-p.sum[i], p.speed[i]
	a := (p.speed[i+1] - v) / (p.at[i+1] - p.at[i])
	root := math.Sqrt(math.Max(v*v+2*a*rest, 0))
	if v+root == 0 {
		return inSeconds(p.at[i])
	}
	return inSeconds(p.at[i] + 2*rest/(v+root)) // the form that a ≈ 0 does not spoil
}

func inSeconds(s float64) time.Duration {
	return time.Duration(math.Min(s*float64(time.Second), math.MaxInt64/2))
}

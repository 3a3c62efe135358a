package process

import "testing"

// The first record that is written has its time as the following ones have; what
// was written before is only known to be there.
func TestProgress(t *testing.T) {
	p := NewProgress()
	f := func(seq uint64, wantDone, wantTime bool) {
		t.Helper()
		at, done, _ := p.at(seq)
		if done != wantDone || at.IsZero() == wantTime {
			t.Errorf("record %d: %v, %v", seq, at, done)
		}
	}
	f(7, false, false)
	p.note(7)
	f(6, true, false)
	f(7, true, true)
	f(8, false, false)
	p.note(9)
	p.note(8) // repeated after a failure
	f(7, true, true)
	f(8, true, true)
	f(9, true, true)
	f(10, false, false)
	var none *Progress
	none.note(1)
	if at, done, _ := none.at(1); done || !at.IsZero() {
		t.Errorf("nobody knows: %v, %v", at, done)
	}
}

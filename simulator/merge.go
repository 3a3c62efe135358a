package simulator

import (
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/HdrHistogram/hdrhistogram-go"

	"rione/simulator/account"
)

// Merge makes one summary of those of several processes that played parts of
// one city. Histograms are added up, manifests XORed; a timeline has none.
func Merge(parts []*Summary) (*Summary, error) {
	if len(parts) == 0 {
		return nil, errors.New("merge: no summaries")
	}
	out := &Summary{Verified: true, Devices: parts[0].Devices}
	var sum manifest
	hists := [3]*hdrhistogram.Histogram{newHistogram(), newHistogram(), newHistogram()}
	for i, p := range parts {
		if err := out.add(p, &sum, hists); err != nil {
			return nil, fmt.Errorf("merge: part %d: %w", i+1, err)
		}
	}
	out.Manifest = sum.String()
	out.Failed = out.Published - out.Acked
	out.AckMS, out.QueryableMS, out.LagMS = percentiles(hists[0]), percentiles(hists[1]), percentiles(hists[2])
	out.Histograms = Histograms{encoded(hists[0]), encoded(hists[1]), encoded(hists[2])}
	return out, nil
}

// add adds a part to s.
func (s *Summary) add(p *Summary, sum *manifest, hists [3]*hdrhistogram.Histogram) error {
	digest, err := hex.DecodeString(p.Manifest)
	if err != nil || len(digest) != len(sum) {
		return fmt.Errorf("%q is no manifest", p.Manifest)
	}
	part := manifest(digest)
	sum.merge(&part)
	for i, h := range [3]Histogram{p.Histograms.Ack, p.Histograms.Queryable, p.Histograms.Lag} {
		d, err := h.decode()
		if err != nil {
			return err
		}
		hists[i].Merge(d)
	}
	if p.Devices != s.Devices {
		return fmt.Errorf("a city of %d devices, and one of %d: parts are of one city", p.Devices, s.Devices)
	}
	s.Connections, s.Planned, s.Published = s.Connections+p.Connections, s.Planned+p.Planned, s.Published+p.Published
	s.Acked, s.AckedInAll, s.Refused = s.Acked+p.Acked, s.AckedInAll+p.AckedInAll, s.Refused+p.Refused
	s.PublishS, s.Rate = max(s.PublishS, p.PublishS), s.Rate+p.Rate
	s.Probed, s.NeverQueryable = s.Probed+p.Probed, s.NeverQueryable+p.NeverQueryable
	s.HeldBack, s.Disconnects = s.HeldBack+p.HeldBack, s.Disconnects+p.Disconnects
	s.GeneratorOverloaded = s.GeneratorOverloaded || p.GeneratorOverloaded
	s.Interrupted = s.Interrupted || p.Interrupted
	s.Faults.add(&p.Faults)
	s.Verified = s.Verified && p.Verified
	s.Result.Add(&p.Result)
	s.ClocksUnset, s.ClocksReplaced = s.ClocksUnset+p.ClocksUnset, s.ClocksReplaced+p.ClocksReplaced
	s.Strays, s.StraysSetAside = s.Strays+p.Strays, s.StraysSetAside+p.StraysSetAside
	s.addAccount(p)
	return nil
}

// addAccount adds what the API said of a part. The ledgers of parts that were
// played at once count each other's messages too, and so at least their own.
func (s *Summary) addAccount(p *Summary) {
	if p.Account == nil {
		return
	}
	first := s.Account == nil
	if first {
		s.Account = &account.Answer{}
	}
	a, b := s.Account, p.Account
	a.Garbage, a.Quarantined = a.Garbage+b.Garbage, a.Quarantined+b.Quarantined
	a.WrongReason, a.Missing = a.WrongReason+b.WrongReason, a.Missing+b.Missing
	a.LedgerAcked, a.LedgerOpen = a.LedgerAcked+b.LedgerAcked, max(a.LedgerOpen, b.LedgerOpen)
	s.Accounted = (first || s.Accounted) && p.Accounted
}

func (f *FaultCounts) add(o *FaultCounts) {
	f.Late, f.Duplicate, f.Disorder = f.Late+o.Late, f.Duplicate+o.Duplicate, f.Disorder+o.Disorder
	f.Garbage, f.Poison, f.Unset = f.Garbage+o.Garbage, f.Poison+o.Poison, f.Unset+o.Unset
	f.Stray += o.Stray
	f.Break, f.Skewed, f.Local = f.Break+o.Break, f.Skewed+o.Skewed, f.Local+o.Local
	f.Slow, f.Outages, f.Dropped = f.Slow+o.Slow, max(f.Outages, o.Outages), f.Dropped+o.Dropped
}

package simulator

import "testing"

func TestALongTimelineStaysShort(t *testing.T) {
	var list []Sample
	for i := range 600 {
		list = append(list, Sample{At: float64(i + 1), Published: 10, Acked: 9, Breaks: 1, Waiting: int64(i), AckP99: float64(i % 7)})
	}
	short := halved(list)
	published, breaks := int64(0), int64(0)
	for _, s := range short {
		published, breaks = published+s.Published, breaks+s.Breaks
	}
	if len(short) != 300 || published != 6000 || breaks != 600 || short[299].At != 600 || short[299].Waiting != 599 || short[0].AckP99 != 1 {
		t.Errorf("%d samples, the first %+v, the last %+v", len(short), short[0], short[299])
	}
}

func TestTokensNameEverything(t *testing.T) {
	l := &load{}
	for _, kind := range []fault{0, late, disorder, garbage, duplicate, poison, unset, farewell} {
		p := parcel{fault: kind, k: 4_000_000_000}
		tok := l.tokenOf(MaxDevices-1, &p)
		device, k := untoken(tok &^ (0xff << faultShift))
		beside := kind != 0 && kind != late && kind != disorder
		if device != MaxDevices-1 || k != p.k || (tok>>faultShift != 0) != beside {
			t.Errorf("%d: token %x is device %d, message %d", kind, tok, device, k)
		}
	}
}

package signal

// radio is what a device on a low-power network tells of itself.
type radio struct {
	charge    float64 // %
	rssi, snr float64
	drainADay float64 // %
}

func newRadio(s *Source) *radio {
	return &radio{charge: s.between(45, 100), rssi: s.between(-118, -72), snr: s.between(-8, 10), drainADay: s.between(0.02, 0.2)}
}

func (r *radio) measure(s *Source, m moment, out *Readings) {
	if r.charge -= r.drainADay * m.step.Hours() / 24; r.charge < 5 {
		r.charge = 100 // a new cell
	}
	out.Add("device").Gauge("battery_pct", r.charge, 0).
		Gauge("rssi_dbm", r.rssi+s.jitter(4), 0).Gauge("snr_db", r.snr+s.jitter(1.5), 1).
		Count("fcnt", int64(m.seq))
}

// gatewayBox is a gateway of such a network: mains and a buffer battery.
type gatewayBox struct{}

func newGateway(*Source) model { return gatewayBox{} }

func (gatewayBox) measure(s *Source, _ moment, out *Readings) {
	out.Add("device").State("online", true).
		Gauge("battery_pct", 100, 0).Gauge("battery_v", 13.6+s.jitter(0.1), 2)
}

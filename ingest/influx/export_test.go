package influx

// TreatAsRemote makes c compress as it does for a store on another machine.
func (c *Client) TreatAsRemote() { c.loopback = false }

package packet

// Disconnect is a DISCONNECT of a client.
type Disconnect struct {
	Code             Reason
	SessionExpiry    uint32 // seconds
	HasSessionExpiry bool   // takes the place of what CONNECT said
}

// ParseDisconnect reads the body of a DISCONNECT.
func ParseDisconnect(v Version, body []byte) (d Disconnect, err error) {
	r := cursor{b: body}
	if v == V5 && len(body) > 0 {
		d.Code = Reason(r.byte())
		if len(r.b) > 0 {
			p := r.properties(TypeDisconnect)
			for p.next() {
				if p.id == propSessionExpiry {
					d.SessionExpiry, d.HasSessionExpiry = p.num, true
				}
			}
			if p.err != nil {
				return d, p.err
			}
		}
	}
	if r.bad || len(r.b) > 0 {
		return d, malformed("length of DISCONNECT does not fit")
	}
	return d, nil
}

// AppendDisconnect appends a DISCONNECT of MQTT 5.
func AppendDisconnect(dst []byte, code Reason, say string) []byte {
	dst = appendHeader(dst, TypeDisconnect, 0, 1+reasonLen(say))
	return appendReason(append(dst, byte(code)), say)
}

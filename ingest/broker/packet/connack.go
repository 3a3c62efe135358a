package packet

import "encoding/binary"

// Connack is a CONNACK. All but the first two are of MQTT 5.
type Connack struct {
	SessionPresent bool
	Code           Reason

	SessionExpiry    uint32 // seconds
	HasSessionExpiry bool   // the server keeps the session for another time than asked
	ReceiveMaximum   uint16
	MaximumPacket    uint32
	AliasMaximum     uint16
	AssignedID       string
	KeepAlive        uint16 // seconds
	HasKeepAlive     bool   // the client must use it in place of its own
	ReasonString     string
}

// AppendConnack appends c.
func AppendConnack(dst []byte, v Version, c *Connack) []byte {
	var present byte
	if c.SessionPresent {
		present = 1
	}
	if v != V5 {
		code := c.Code.ConnectCode()
		return append(appendHeader(dst, TypeConnack, 0, 2), present, code)
	}
	props := c.properties()
	dst = appendHeader(dst, TypeConnack, 0, 2+varintLen(uint32(len(props)))+len(props))
	dst = append(dst, present, byte(c.Code))
	return append(appendVarint(dst, uint32(len(props))), props...)
}

func (c *Connack) properties() []byte {
	var p []byte
	if c.ReasonString != "" {
		p = appendText(append(p, propReasonString), c.ReasonString)
	}
	if c.Code.Failed() {
		return p
	}
	if c.HasSessionExpiry {
		p = binary.BigEndian.AppendUint32(append(p, propSessionExpiry), c.SessionExpiry)
	}
	p = binary.BigEndian.AppendUint16(append(p, propReceiveMaximum), c.ReceiveMaximum)
	p = binary.BigEndian.AppendUint32(append(p, propMaximumPacket), c.MaximumPacket)
	p = binary.BigEndian.AppendUint16(append(p, propAliasMaximum), c.AliasMaximum)
	if c.AssignedID != "" {
		p = appendText(append(p, propAssignedID), c.AssignedID)
	}
	if c.HasKeepAlive {
		p = binary.BigEndian.AppendUint16(append(p, propServerKeepAlive), c.KeepAlive)
	}
	return append(p, propSharedAvailable, 0)
}

package packet

// Identifiers of the properties of MQTT 5 that are read or written here.
const (
	propPayloadFormat   = 1
	propMessageExpiry   = 2
	propContentType     = 3
	propResponseTopic   = 8
	propCorrelation     = 9
	propSubscriptionID  = 11
	propSessionExpiry   = 17
	propAssignedID      = 18
	propServerKeepAlive = 19
	propAuthMethod      = 21
	propAuthData        = 22
	propProblemInfo     = 23
	propWillDelay       = 24
	propResponseInfo    = 25
	propReasonString    = 31
	propReceiveMaximum  = 33
	propAliasMaximum    = 34
	propAlias           = 35
	propUser            = 38
	propMaximumPacket   = 39
	propSharedAvailable = 42
)

// shape is how the value of a property stands on the wire.
type shape byte

const (
	shapeNone shape = iota
	shapeFlag       // a byte that is 0 or 1
	shapeUint16
	shapeUint32
	shapeVarint
	shapeBinary
	shapeText
	shapePair
)

// carriers is a set of packet types.
type carriers uint16

func in(types ...Type) (c carriers) {
	for _, t := range types {
		c |= 1 << t
	}
	return c
}

// The sets of packets from clients that carry the same properties.
const (
	inMessage  = carriers(1<<TypePublish | 1<<typeWill)
	inAuth     = carriers(1<<TypeConnect | 1<<TypeAuth)
	inAck      = carriers(1<<TypePuback | 1<<TypePubrec | 1<<TypePubrel | 1<<TypePubcomp)
	inAnswer   = inAck | 1<<TypeDisconnect | 1<<TypeAuth
	inAnything = inMessage | inAuth | inAnswer | 1<<TypeSubscribe | 1<<TypeUnsubscribe
)

// propertyShape says how a property stands on the wire and which packets from
// clients may carry it (MQTT 5, table 2-4).
func propertyShape(id byte) (shape, carriers) {
	switch id {
	case propPayloadFormat:
		return shapeFlag, inMessage
	case propMessageExpiry:
		return shapeUint32, inMessage
	case propContentType, propResponseTopic:
		return shapeText, inMessage
	case propCorrelation:
		return shapeBinary, inMessage
	case propSubscriptionID:
		return shapeVarint, in(TypeSubscribe)
	case propSessionExpiry:
		return shapeUint32, in(TypeConnect, TypeDisconnect)
	case propAuthMethod:
		return shapeText, inAuth
	case propAuthData:
		return shapeBinary, inAuth
	case propProblemInfo, propResponseInfo:
		return shapeFlag, in(TypeConnect)
	case propWillDelay:
		return shapeUint32, in(typeWill)
	case propReasonString:
		return shapeText, inAnswer
	case propReceiveMaximum, propAliasMaximum:
		return shapeUint16, in(TypeConnect)
	case propAlias:
		return shapeUint16, in(TypePublish)
	case propUser:
		return shapePair, inAnything
	case propMaximumPacket:
		return shapeUint32, in(TypeConnect)
	}
	return shapeNone, 0
}

// properties walks the properties of one packet.
type properties struct {
	raw  []byte // all of them, as they stand on the wire
	err  error
	id   byte
	num  uint32 // value of a number
	data []byte // value of a text, of bytes
	span []byte // the present one as it stands on the wire

	rest cursor
	of   Type
	seen uint64 // bit by identifier
}

// properties takes the properties of a packet of the given type.
func (c *cursor) properties(of Type) properties {
	raw := c.take(int(c.varint()))
	if c.bad {
		return properties{err: malformed("properties are cut short")}
	}
	return walk(raw, of)
}

func walk(raw []byte, of Type) properties {
	return properties{raw: raw, rest: cursor{b: raw}, of: of}
}

// next goes to the next property; it returns false at the end and on an error.
func (p *properties) next() bool {
	if p.err != nil || len(p.rest.b) == 0 {
		return false
	}
	start := p.rest.b
	p.id = p.rest.byte()
	form, allowed := propertyShape(p.id)
	switch {
	case allowed&(1<<p.of) == 0:
		p.err = protocol("property does not belong into this packet")
	case p.seen&(1<<p.id) != 0 && p.id != propUser:
		p.err = protocol("property appears twice")
	case !p.value(form):
		p.err = malformed("value of a property is not valid")
	case p.num == 0 && mustNotBeZero(p.id), p.num > 1 && form == shapeFlag:
		p.err = protocol("value of a property is out of range")
	}
	p.seen |= 1 << p.id
	p.span = start[:len(start)-len(p.rest.b)]
	return p.err == nil
}

func (p *properties) value(form shape) bool {
	switch form {
	case shapeFlag:
		p.num = uint32(p.rest.byte())
	case shapeUint16:
		p.num = uint32(p.rest.uint16())
	case shapeUint32:
		p.num = p.rest.uint32()
	case shapeVarint:
		p.num = p.rest.varint()
	case shapeBinary:
		p.data = p.rest.binary()
	case shapePair:
		p.rest.text()
		p.rest.text()
	case shapeText:
		p.data = p.rest.text()
	}
	return !p.rest.bad
}

func mustNotBeZero(id byte) bool {
	switch id {
	case propSubscriptionID, propReceiveMaximum, propAlias, propMaximumPacket:
		return true
	}
	return false
}

// skip walks to the end, for packets whose properties change nothing here.
func (p *properties) skip() error {
	for p.next() {
	}
	return p.err
}

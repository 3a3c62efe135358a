package packet

import "fmt"

// Reason is a reason code of MQTT 5.
type Reason byte

// The reason codes that this server sends or looks at.
const (
	Success                Reason = 0x00
	DisconnectWithWill     Reason = 0x04
	NoSubscriptionExisted  Reason = 0x11
	UnspecifiedError       Reason = 0x80
	MalformedPacket        Reason = 0x81
	ProtocolError          Reason = 0x82
	ImplementationError    Reason = 0x83
	UnsupportedVersion     Reason = 0x84
	BadClientID            Reason = 0x85
	BadCredentials         Reason = 0x86
	NotAuthorized          Reason = 0x87
	ServerUnavailable      Reason = 0x88
	ServerBusy             Reason = 0x89
	ServerShuttingDown     Reason = 0x8b
	BadAuthMethod          Reason = 0x8c
	KeepAliveTimeout       Reason = 0x8d
	SessionTakenOver       Reason = 0x8e
	TopicFilterInvalid     Reason = 0x8f
	TopicNameInvalid       Reason = 0x90
	PacketIDNotFound       Reason = 0x92
	ReceiveMaximumExceeded Reason = 0x93
	TopicAliasInvalid      Reason = 0x94
	PacketTooLarge         Reason = 0x95
	QuotaExceeded          Reason = 0x97
	AdministrativeAction   Reason = 0x98
	PayloadFormatInvalid   Reason = 0x99
	SharedNotSupported     Reason = 0x9e
)

// Failed tells whether r reports a failure.
func (r Reason) Failed() bool { return r >= 0x80 }

// ConnectCode is the return code of a 3.1.1 CONNACK that says the same as r,
// 0 for a reason for which 3.1.1 closes without a CONNACK.
func (r Reason) ConnectCode() byte {
	switch r {
	case UnsupportedVersion:
		return 1
	case BadClientID:
		return 2
	case ServerUnavailable, ServerBusy, ServerShuttingDown, QuotaExceeded:
		return 3
	case BadCredentials:
		return 4
	case NotAuthorized:
		return 5
	}
	return 0
}

// Error is a breach of the protocol, with the reason code that names it.
type Error struct {
	Code   Reason
	Detail string
}

// Error implements error.
func (e *Error) Error() string { return fmt.Sprintf("%s (0x%02x)", e.Detail, byte(e.Code)) }

func malformed(detail string) error { return &Error{MalformedPacket, detail} }
func protocol(detail string) error  { return &Error{ProtocolError, detail} }

package packet

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"
)

// TestRefused lists packets that break the protocol, with the reason code that
// each must be refused for.
func TestRefused(t *testing.T) {
	f := func(why string, v Version, in string, want Reason) {
		t.Helper()
		b, err := hex.DecodeString(strings.ReplaceAll(in, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		_, err = ourFacts(v, b)
		var got *Error
		if !errors.As(err, &got) || got.Code != want {
			t.Errorf("%s: %v, want code 0x%02x", why, err, byte(want))
		}
	}
	f("packet type 0", V4, "00 00", MalformedPacket)
	f("PUBREL without its flags", V4, "60 02 0001", MalformedPacket)
	f("PINGREQ with flags", V4, "c1 00", MalformedPacket)
	f("length of five bytes", V4, "30 ffffffff01", MalformedPacket)

	f("SUBSCRIBE that lacks its options", V5, "82 05 0001 00 0000", MalformedPacket)
	f("SUBSCRIBE that ends after a filter", V5, "82 07 0001 00 0002 612f", MalformedPacket)
	f("SUBSCRIBE without a filter", V4, "82 02 0001", ProtocolError)
	f("SUBSCRIBE with packet identifier 0", V4, "82 06 0000 0001 61 00", ProtocolError)
	f("SUBSCRIBE at QoS 3", V4, "82 06 0001 0001 61 03", MalformedPacket)
	f("SUBSCRIBE of 3.1.1 with options of 5", V4, "82 06 0001 0001 61 04", MalformedPacket)
	f("SUBSCRIBE with retain handling 3", V5, "82 07 0001 00 0001 61 30", MalformedPacket)
	f("SUBSCRIBE with subscription identifier 0", V5, "82 09 0001 02 0b00 0001 61 00", ProtocolError)
	f("UNSUBSCRIBE of an empty filter", V5, "a2 05 0001 00 0000", MalformedPacket)
	f("UNSUBSCRIBE without a filter", V5, "a2 03 0001 00", ProtocolError)

	f("PUBLISH at QoS 3", V4, "36 05 0001 61 0001", MalformedPacket)
	f("PUBLISH again at QoS 0", V4, "38 03 0001 61", MalformedPacket)
	f("PUBLISH with packet identifier 0", V4, "32 05 0001 61 0000", ProtocolError)
	f("PUBLISH without a topic", V4, "30 02 0000", ProtocolError)
	f("PUBLISH without a topic or alias", V5, "30 03 0000 00", ProtocolError)
	f("PUBLISH with U+0000 in the topic", V4, "30 04 0002 6100", MalformedPacket)
	f("PUBLISH with a topic not UTF-8", V4, "30 03 0001 ff", MalformedPacket)
	f("PUBLISH with a surrogate in the topic", V4, "30 05 0003 eda080", MalformedPacket)
	f("PUBLISH with alias 0", V5, "30 07 0001 61 03 230000", ProtocolError)
	f("PUBLISH with the same property twice", V5, "30 08 0001 61 04 0101 0101", ProtocolError)
	f("PUBLISH with payload format 2", V5, "30 06 0001 61 02 0102", ProtocolError)
	f("PUBLISH with a property of CONNECT", V5, "30 07 0001 61 03 210001", ProtocolError)
	f("PUBLISH with a subscription identifier from a client", V5, "30 06 0001 61 02 0b01", ProtocolError)
	f("PUBLISH with an unknown property", V5, "30 06 0001 61 02 7f01", ProtocolError)
	f("PUBLISH whose properties run over", V5, "30 05 0001 61 09 01", MalformedPacket)

	f("PUBACK with packet identifier 0", V4, "40 02 0000", ProtocolError)
	f("PUBACK that is too long", V4, "40 03 0001 00", MalformedPacket)
	f("DISCONNECT of 3.1.1 with a body", V4, "e0 01 00", MalformedPacket)

	const head = "0004 4d515454" // "MQTT"
	f("CONNECT of MQTT 3.1", V4, "10 0f 0006 4d5149736470 03 02 000a 0001 61", UnsupportedVersion)
	f("CONNECT of version 6", V4, "10 0d"+head+"06 02 000a 0001 61", UnsupportedVersion)
	f("CONNECT with the reserved flag", V4, "10 0d"+head+"04 03 000a 0001 61", MalformedPacket)
	f("CONNECT with will flags and no will", V4, "10 0d"+head+"04 22 000a 0001 61", MalformedPacket)
	f("CONNECT with a password alone", V4, "10 10"+head+"04 42 000a 0001 61 0001 61", MalformedPacket)
	f("CONNECT with a will at QoS 3", V4, "10 13"+head+"04 1e 000a 0001 61 0001 61 0001 61", MalformedPacket)
	f("CONNECT with bytes behind it", V4, "10 0e"+head+"04 02 000a 0001 61 00", MalformedPacket)
	f("CONNECT with receive maximum 0", V5, "10 11"+head+"05 02 000a 03 210000 0001 61", ProtocolError)
	f("CONNECT with authentication data alone", V5, "10 12"+head+"05 02 000a 04 16000101 0001 61", ProtocolError)
}

func TestConnectCodes(t *testing.T) {
	f := func(r Reason, want byte) {
		t.Helper()
		if got := r.ConnectCode(); got != want {
			t.Errorf("0x%02x became %d, want %d", byte(r), got, want)
		}
	}
	f(UnsupportedVersion, 1)
	f(BadClientID, 2)
	f(ServerUnavailable, 3)
	f(ServerBusy, 3)
	f(BadCredentials, 4)
	f(NotAuthorized, 5)
	f(MalformedPacket, 0)
}

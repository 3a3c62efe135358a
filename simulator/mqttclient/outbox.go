package mqttclient

// outbox holds the packets of a connection from Publish to PUBACK, in one
// buffer: what is to be sent and what may have to be sent again are the same
// bytes, so a message is copied once and costs no allocation. Packet ids follow
// each other, so an id says where its packet is.
//
//	bytes   |  freed  | sent, not acked | not sent |
//	                  head              sent
type outbox struct {
	bytes   []byte
	head    int // where the oldest packet begins
	sent    int // where the first packet that is not sent begins
	packets []entry
	first   int    // index of the oldest in packets
	sentN   int    // packets sent, from the oldest on
	nextID  uint16 // of the next packet, never 0
	states  int    // packets among them that are the client's own
}

// entry is a packet in the outbox.
type entry struct {
	token uint64
	size  int32
	state acknowledged
}

// acknowledged tells what is known of an entry.
type acknowledged uint8

const (
	waiting acknowledged = iota
	own                  // waiting, and nobody is to be told
	done
)

// unacked returns how many packets are in the outbox.
func (b *outbox) unacked() int { return len(b.packets) - b.first }

// add notes the packet that was appended to bytes from start on.
func (b *outbox) add(start int, token uint64, state acknowledged) {
	b.packets = append(b.packets, entry{token: token, size: int32(len(b.bytes) - start), state: state})
	if state == own {
		b.states++
	}
	if b.nextID++; b.nextID == 0 {
		b.nextID = 1
	}
}

// oldestID returns the packet id of the oldest packet.
func (b *outbox) oldestID() uint16 { return minus(b.nextID, b.unacked()) }

// minus returns the packet id n before id; 65,535 ids go round.
func minus(id uint16, n int) uint16 {
	return uint16((int(id)-1-n%65_535+65_535)%65_535) + 1
}

// ack notes the PUBACK of a packet id. told is false for ids that nothing waits
// for and for the client's own packets.
func (b *outbox) ack(id uint16) (token uint64, told bool) {
	place := (int(id) - int(b.oldestID()) + 65_535) % 65_535
	if id == 0 || place >= b.sentN {
		return 0, false
	}
	e := &b.packets[b.first+place]
	told = e.state == waiting
	if e.state == own {
		b.states--
	}
	token, e.state = e.token, done
	for b.sentN > 0 && b.packets[b.first].state == done {
		b.head += int(b.packets[b.first].size)
		b.first++
		b.sentN--
	}
	return token, told
}

// take returns the bytes to send next, of packets among the oldest limit.
func (b *outbox) take(limit int) []byte {
	from := b.sent
	for b.sentN < b.unacked() && b.sentN < limit {
		b.sent += int(b.packets[b.first+b.sentN].size)
		b.sentN++
	}
	return b.bytes[from:b.sent]
}

// again makes all packets unsent, after a connection broke. resumed: the broker
// has the session, and is told that it may have seen them.
func (b *outbox) again(resumed bool) {
	b.sent = b.head
	at := b.head
	for i := b.first; i < len(b.packets); i++ {
		if i-b.first < b.sentN {
			b.bytes[at] &^= flagDup
			if resumed {
				b.bytes[at] |= flagDup
			}
		}
		at += int(b.packets[i].size)
	}
	b.sentN = 0
}

// keepBytes is the buffer that an idle connection keeps.
const keepBytes = 1 << 10

// compact gives back what is freed. The bytes that take returned must no
// longer be in use.
func (b *outbox) compact() {
	if b.unacked() == 0 {
		b.head, b.sent, b.first, b.packets, b.bytes = 0, 0, 0, b.packets[:0], b.bytes[:0]
		if cap(b.bytes) > keepBytes {
			b.bytes, b.packets = nil, nil
		}
		return
	}
	if b.head > len(b.bytes)/2 {
		n := copy(b.bytes, b.bytes[b.head:])
		b.bytes, b.sent, b.head = b.bytes[:n], b.sent-b.head, 0
	}
	if b.first > len(b.packets)/2 {
		n := copy(b.packets, b.packets[b.first:])
		b.packets, b.first = b.packets[:n], 0
	}
}

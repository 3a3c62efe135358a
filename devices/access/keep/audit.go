package keep

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"rione/devices/access"
)

// Append implements access.Trail. It returns once the entry is stored.
func (s *Store) Append(ctx context.Context, e access.Entry) error {
	b, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode audit entry: %w", err)
	}
	if _, err := s.js.Publish(ctx, auditSubject, b, jetstream.WithExpectStream(auditStream)); err != nil {
		return fmt.Errorf("write the audit log: %w", err)
	}
	return nil
}

// Last implements access.Trail.
func (s *Store) Last(ctx context.Context) (uint64, error) {
	info, err := s.audit.Info(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the audit log: %w", err)
	}
	return info.State.LastSeq, nil
}

// Read implements access.Trail.
func (s *Store) Read(ctx context.Context, from uint64, limit int) ([]access.Entry, error) {
	last, err := s.Last(ctx)
	if err != nil {
		return nil, err
	}
	list := []access.Entry{}
	for seq := max(1, from); seq <= last && len(list) < limit; seq++ {
		m, err := s.audit.GetMsg(ctx, seq)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			list = append(list, access.Entry{Seq: seq, Action: "missing", Detail: "this entry is not in the log: compare with a backup"})
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read the audit log: %w", err)
		}
		var e access.Entry
		if err := json.Unmarshal(m.Data, &e); err != nil {
			e = access.Entry{Action: "damaged", Detail: "this entry cannot be read: compare with a backup"}
		}
		e.Seq = seq
		list = append(list, e)
	}
	return list, nil
}

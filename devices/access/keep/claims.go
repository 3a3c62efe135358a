package keep

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"rione/devices/access"
)

const claimBucket = "RIONE_CLAIMS"

var _ access.ClaimStore = (*Store)(nil)

// claimRecord is a claim as it is stored.
type claimRecord struct {
	access.Claim
	Hash string `json:"hash"` // in hexadecimal digits
}

// PutClaim implements access.ClaimStore.
func (s *Store) PutClaim(ctx context.Context, c access.Claim) error {
	b, err := json.Marshal(claimRecord{Claim: c, Hash: hex.EncodeToString(c.Hash[:])})
	if err != nil {
		return fmt.Errorf("encode claim %s: %w", c.ID, err)
	}
	s.claimsMu.Lock()
	defer s.claimsMu.Unlock()
	revision, err := s.claims.Update(ctx, c.ID, b, s.claimRevisions[c.ID])
	if errors.Is(err, jetstream.ErrKeyExists) {
		return access.ErrClaimChanged
	}
	if err != nil {
		return fmt.Errorf("keep claim %s: %w", c.ID, err)
	}
	s.claimRevisions[c.ID] = revision
	return nil
}

// FollowClaims implements access.ClaimStore.
func (s *Store) FollowClaims(ctx context.Context, take func(access.Claim)) error {
	return s.follow(ctx, s.claims, func(e jetstream.KeyValueEntry) {
		var r claimRecord
		err := json.Unmarshal(e.Value(), &r)
		if err == nil {
			err = parseHash(&r.Claim.Hash, r.Hash)
		}
		if err != nil {
			s.log.Error("claim code in the store is damaged and void", "claim", e.Key(), "error", err)
			return
		}
		if s.isNews(e) {
			take(r.Claim)
		}
	})
}

// isNews reports whether an entry is not older than what was put here.
func (s *Store) isNews(e jetstream.KeyValueEntry) bool {
	s.claimsMu.Lock()
	defer s.claimsMu.Unlock()
	if e.Revision() < s.claimRevisions[e.Key()] {
		return false
	}
	s.claimRevisions[e.Key()] = e.Revision()
	return true
}

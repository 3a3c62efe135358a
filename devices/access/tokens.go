package access

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// TokenStore keeps tokens.
type TokenStore interface {
	// Put keeps a token in place of the one of its id.
	Put(ctx context.Context, t Token) error
	// Follow hands over every token, and returns nil once it handed over those
	// that there are. Later ones, of any process, come until the store closes.
	Follow(ctx context.Context, take func(Token)) error
}

// ErrBadToken is returned by Create for a token that cannot be made as wanted.
var ErrBadToken = errors.New("the token cannot be made so")

// ErrNoToken is returned for a token that is not there.
var ErrNoToken = errors.New("there is no such token")

// Tokens are the tokens of a city. They are safe for any number of callers.
type Tokens struct {
	store TokenStore
	trail Trail
	now   func() time.Time

	changing sync.Mutex // held from the check of a change until it is kept

	mu     sync.RWMutex
	byID   map[string]Token
	byHash map[Hash]string // id
}

// OpenTokens returns the tokens of the store, and follows it. Changes go to the
// trail before they are made. now is the clock; nil is time.Now.
func OpenTokens(ctx context.Context, store TokenStore, trail Trail, now func() time.Time) (*Tokens, error) {
	if now == nil {
		now = time.Now
	}
	t := &Tokens{store: store, trail: trail, now: now, byID: make(map[string]Token), byHash: make(map[Hash]string)}
	if err := store.Follow(ctx, t.take); err != nil {
		return nil, fmt.Errorf("open the tokens: %w", err)
	}
	return t, nil
}

func (t *Tokens) take(token Token) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if old, there := t.byID[token.ID]; there && !old.Revoked.IsZero() {
		return // what is revoked stays so, in whatever order the news come
	}
	t.byID[token.ID] = token
	t.byHash[token.Hash] = token.ID
}

// Create makes a token as wanted says (Name, Role, Comuni, Formats, Expires)
// and returns its text, which nothing keeps: it is shown once.
func (t *Tokens) Create(ctx context.Context, author string, wanted Token) (text string, made Token, err error) {
	t.changing.Lock()
	defer t.changing.Unlock()
	now := t.now().UTC()
	if err := wanted.validate(now); err != nil {
		return "", Token{}, fmt.Errorf("%w: %w", ErrBadToken, err)
	}
	if _, err := t.inForce(wanted.Name); err == nil {
		return "", Token{}, fmt.Errorf("%w: one named %q is in force; revoke it or choose another name", ErrBadToken, wanted.Name)
	}
	text = newTokenText()
	made = wanted
	made.ID, made.Author, made.Created, made.Revoked = strings.ToLower(rand.Text()[:12]), author, now, time.Time{}
	made.Expires, made.Hash = made.Expires.UTC(), hashOf(text)
	entry := Entry{Time: now, Who: author, Action: "token.create", Subject: made.Name, Detail: made.scope()}
	if err := t.keep(ctx, entry, made); err != nil {
		return "", Token{}, err
	}
	return text, made, nil
}

// Revoke makes a token void, named by its id or by the name of one in force.
func (t *Tokens) Revoke(ctx context.Context, author, idOrName string) (Token, error) {
	t.changing.Lock()
	defer t.changing.Unlock()
	token, err := t.inForce(idOrName)
	if err != nil {
		return Token{}, err
	}
	token.Revoked = t.now().UTC()
	entry := Entry{Time: token.Revoked, Who: author, Action: "token.revoke", Subject: token.Name, Detail: token.scope()}
	return token, t.keep(ctx, entry, token)
}

// keep writes the trail, then the token: what is in force is in the trail.
func (t *Tokens) keep(ctx context.Context, entry Entry, token Token) error {
	if err := t.trail.Append(ctx, entry); err != nil {
		return fmt.Errorf("%s was not done: %w", entry.Action, err)
	}
	if err := t.store.Put(ctx, token); err != nil {
		return fmt.Errorf("%s is in the audit log, but was not done: %w", entry.Action, err)
	}
	t.take(token)
	return nil
}

// inForce finds a token by id or name.
func (t *Tokens) inForce(idOrName string) (Token, error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for _, token := range t.byID {
		if (token.ID == idOrName || token.Name == idOrName) && token.InForce(t.now()) {
			return token, nil
		}
	}
	return Token{}, fmt.Errorf("%w in force: %q; `rione tokens list` shows them", ErrNoToken, idOrName)
}

// Check returns the token of that text, or ErrBadCredentials when there is none
// in force.
func (t *Tokens) Check(text string) (Token, error) {
	hash := hashOf(text)
	t.mu.RLock()
	defer t.mu.RUnlock()
	token, there := t.byID[t.byHash[hash]]
	if !there || !token.InForce(t.now()) {
		return Token{}, ErrBadCredentials
	}
	return token, nil
}

// List returns every token, revoked and expired ones too, oldest first.
func (t *Tokens) List() []Token {
	t.mu.RLock()
	defer t.mu.RUnlock()
	list := make([]Token, 0, len(t.byID))
	for _, token := range t.byID {
		list = append(list, token)
	}
	slices.SortFunc(list, func(a, b Token) int {
		return cmp.Or(a.Created.Compare(b.Created), strings.Compare(a.ID, b.ID))
	})
	return list
}

// scope says in words what the token is for.
func (t *Token) scope() string {
	text := fmt.Sprintf("%s %s", t.ID, t.Role)
	if len(t.Comuni) > 0 {
		text += ", comuni " + strings.Join(t.Comuni, " ")
	}
	if len(t.Formats) > 0 {
		text += ", formats " + strings.Join(t.Formats, " ")
	}
	if !t.Expires.IsZero() {
		text += ", until " + t.Expires.Format(time.RFC3339)
	}
	return text
}

package api

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"rione/devices"
	credential "rione/devices/access"
)

// memoryTokens keeps tokens and the audit log for a test.
type memoryTokens struct{ entries []credential.Entry }

func (*memoryTokens) Put(context.Context, credential.Token) error          { return nil }
func (*memoryTokens) Follow(context.Context, func(credential.Token)) error { return nil }
func (m *memoryTokens) Append(_ context.Context, e credential.Entry) error {
	m.entries = append(m.entries, e)
	return nil
}
func (m *memoryTokens) Read(_ context.Context, from uint64, limit int) ([]credential.Entry, error) {
	rest := m.entries[min(from-1, uint64(len(m.entries))):]
	return rest[:min(limit, len(rest))], nil
}
func (m *memoryTokens) Last(context.Context) (uint64, error) { return uint64(len(m.entries)), nil }

// newCredentialRig serves an API that hands out tokens.
func newCredentialRig(t *testing.T, list []devices.Device) (*rig, *memoryTokens) {
	t.Helper()
	log := &memoryTokens{}
	tokens, err := credential.OpenTokens(t.Context(), log, log, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, list, func(o *Options) { o.Issued, o.Trail = tokens, log })
	return r, log
}

// answer asks as an administrator and reads the answer into out.
func answer(t *testing.T, r *rig, want int, method, path, body string, out any) {
	t.Helper()
	w := r.do(request{method: method, path: path, body: body, token: adminToken})
	if w.Code != want {
		t.Fatalf("%s %s: %d, want %d: %s", method, path, w.Code, want, w.Body)
	}
	if out != nil {
		if err := json.Unmarshal(w.Body.Bytes(), out); err != nil {
			t.Fatal(err)
		}
	}
}

func TestApproveAndRotate(t *testing.T) {
	city := demoCity()[:3]
	id := city[0].ID
	city[0].Pending = true
	r, _ := newCredentialRig(t, city)
	var approved Approval
	answer(t, r, 200, "POST", "/v1/devices/approve", `{"prefix":"`+id+`"}`, &approved)
	if len(approved.Devices) != 1 || approved.Devices[0] != id || r.registry.Snapshot().Device(id).Pending {
		t.Errorf("approved %+v", approved)
	}
	answer(t, r, 200, "POST", "/v1/devices/approve", `{"prefix":"`+id+`"}`, &approved)
	if len(approved.Devices) != 0 {
		t.Errorf("approved again: %+v", approved)
	}
	answer(t, r, 422, "POST", "/v1/devices/approve", `{}`, nil)
	answer(t, r, 422, "POST", "/v1/devices/approve", `{"ids":["`+id+`"]}`, nil)

	verify := func(secret string) bool {
		ok, err := devices.NewVerifier(devices.VerifierOptions{}).Verify(t.Context(), r.registry.Snapshot().Device(id), secret, time.Now())
		return ok && err == nil
	}
	var first, second Rotation
	answer(t, r, 200, "POST", "/v1/devices/"+id+"/rotate", `{}`, &first)
	answer(t, r, 200, "POST", "/v1/devices/"+id+"/rotate", `{"overlap_s":3600}`, &second)
	if !verify(first.Secret) || !verify(second.Secret) || first.Secret == second.Secret {
		t.Errorf("secrets are %+v, %+v", first, second)
	}
	var revoked Rotation
	answer(t, r, 200, "POST", "/v1/devices/"+id+"/rotate", `{"revoke":true}`, &revoked)
	if revoked.Secret != "" || verify(first.Secret) || verify(second.Secret) {
		t.Error("a revoked secret is good, or a new one is told")
	}
	answer(t, r, 404, "POST", "/v1/devices/stranger/rotate", `{}`, nil)
}

func TestIssuedTokens(t *testing.T) {
	r, log := newCredentialRig(t, demoCity()[:3])
	create := func(body string) NewToken {
		t.Helper()
		var made NewToken
		answer(t, r, 200, "POST", "/v1/tokens", body, &made)
		return made
	}
	f := func(token, method, path string, want int) {
		t.Helper()
		if w := r.do(request{method: method, path: path, token: token, peer: everywhere}); w.Code != want {
			t.Errorf("%s %s: %d, want %d: %s", method, path, w.Code, want, w.Body)
		}
	}
	reader, operator, admin := create(`{"name":"eyes 2","role":"reader"}`), create(`{"name":"hands 2","role":"operator"}`), create(`{"name":"head","role":"administrator"}`)
	pusher, roman := create(`{"name":"network","role":"publisher"}`), create(`{"name":"roma","role":"reader","comuni":["058091"]}`)
	f(reader.Text, "GET", "/v1/devices", 200)
	f(reader.Text, "GET", "/v1/tokens", 403)
	f(reader.Text, "POST", "/v1/devices/approve", 403)
	f(operator.Text, "GET", "/v1/audit", 403)
	f(operator.Text, "GET", "/v1/devices", 200)
	f(admin.Text, "GET", "/v1/tokens", 200)
	f(pusher.Text, "GET", "/v1/devices", 403) // good at the HTTP door only
	f(roman.Text, "GET", "/v1/devices", 200)
	f(roman.Text, "GET", "/metrics", 404) // not mounted here
	f(roman.Text, "GET", "/v1/audit", 403)
	f(reader.Text+"x", "GET", "/v1/devices", 401)

	var list TokenList
	answer(t, r, 200, "GET", "/v1/tokens", "", &list)
	if len(list.Tokens) != 5 || list.Tokens[0].Author != "admin" {
		t.Errorf("tokens are %+v", list)
	}
	answer(t, r, 200, "DELETE", "/v1/tokens/"+reader.ID, "", nil)
	f(reader.Text, "GET", "/v1/devices", 401)
	answer(t, r, 404, "DELETE", "/v1/tokens/"+reader.ID, "", nil)
	answer(t, r, 422, "POST", "/v1/tokens", `{"name":"x","role":"king"}`, nil)
	answer(t, r, 422, "POST", "/v1/tokens", `{"name":"x","role":"enroller"}`, nil)
	answer(t, r, 422, "POST", "/v1/tokens", `{"name":"head","role":"reader"}`, nil)

	var trail AuditPage
	answer(t, r, 200, "GET", "/v1/audit", "", &trail)
	if len(trail.Entries) != 6 || len(log.entries) != 6 || trail.Entries[5].Action != "token.revoke" || trail.Entries[5].Who != "admin" {
		t.Errorf("audit log is %+v", trail)
	}
}

func TestServerWithoutTokens(t *testing.T) {
	r := newRig(t, demoCity()[:3])
	for _, path := range []string{"/v1/tokens", "/v1/audit"} {
		answer(t, r, http.StatusNotImplemented, "GET", path, "", nil)
	}
}

func TestPendingDevicesAreListedApart(t *testing.T) {
	city := demoCity()[:3]
	city[1].Pending = true
	r, _ := newCredentialRig(t, city)
	f := func(query string, want int, pending bool) {
		t.Helper()
		var page DevicePage
		answer(t, r, 200, "GET", "/v1/devices"+query, "", &page)
		if page.Matched != want || len(page.Devices) != want || page.Devices[0].Pending != pending {
			t.Errorf("%s: %+v", query, page)
		}
	}
	f("", 2, false)
	f("?pending=true", 1, true)
}

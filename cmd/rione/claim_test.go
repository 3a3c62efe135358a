package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"rione/api"
)

// A code made on the command line registers a device without any token, which
// the registry keeps; a revoked one does not.
func TestClaimCodes(t *testing.T) {
	r := newRig(t)
	if _, errs, code := r.run("", "devices", "claim-code", "--comune", "058091", "--kind", "bin"); code != 1 || !strings.Contains(errs, "not running") {
		t.Errorf("without rione: exit %d, %s", code, errs)
	}
	r.up()
	claim := func(code, id string) int {
		t.Helper()
		body := fmt.Sprintf(`{"code":%q,"device_id":%q,"lat":41.9,"lon":12.5}`, code, id)
		resp, err := http.Post("http://"+r.at.HTTP+"/v1/claim", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		return resp.StatusCode
	}
	code := strings.TrimSpace(r.must("", "devices", "claim-code", "--comune", "058091", "--kind", "bin", "--uses", "2", "--approve", "--name", "lotto 1"))
	if status := claim(code, "bin-1"); status != http.StatusOK {
		t.Errorf("claimed: %d", status)
	}
	if out := r.must("", "devices", "show", "bin-1"); !strings.Contains(out, "058091") || strings.Contains(out, `"pending": true`) {
		t.Errorf("shown: %s", out)
	}
	var list []api.ClaimCode
	if err := json.Unmarshal([]byte(r.must("", "devices", "claim-code", "--list", "--json")), &list); err != nil || len(list) != 1 || list[0].Used != 1 || list[0].Uses != 2 {
		t.Fatalf("listed %+v, %v", list, err)
	}
	r.must("", "devices", "claim-code", "--revoke", list[0].ID)
	if status := claim(code, "bin-2"); status != http.StatusForbidden {
		t.Errorf("by a revoked code: %d", status)
	}
	if out := r.must("", "devices", "claim-code", "--list"); !strings.Contains(out, "lotto 1") || strings.Contains(out, code) {
		t.Errorf("listed %s", out)
	}
	if _, errs, exit := r.run("", "devices", "claim-code", "--kind", "bin"); exit != 2 || !strings.Contains(errs, "--comune") {
		t.Errorf("without a comune: exit %d, %s", exit, errs)
	}
	if strings.Contains(r.log(), code) {
		t.Error("the code is in the log")
	}
	var trail api.AuditPage
	r.get("/v1/audit", &trail)
	var actions []string
	for _, e := range trail.Entries {
		actions = append(actions, e.Action)
	}
	if got := strings.Join(actions, " "); got != "claim.create devices.register claim.revoke" {
		t.Errorf("audit log is %s", got)
	}
}

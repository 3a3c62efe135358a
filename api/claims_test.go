package api

import (
	"context"
	"strings"
	"testing"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"rione/devices"
	credential "rione/devices/access"
	"rione/geo"
)

// memoryClaims keeps claim codes.
type memoryClaims struct{ list []credential.Claim }

func (m *memoryClaims) PutClaim(_ context.Context, c credential.Claim) error {
	m.list = append(m.list, c)
	return nil
}

func (m *memoryClaims) FollowClaims(_ context.Context, take func(credential.Claim)) error {
	for _, c := range m.list {
		take(c)
	}
	return nil
}

// claimsOf serves claim codes of the rig's registry.
func withClaims(t *testing.T, claims **credential.Claims) rigOption {
	return func(o *Options) {
		log := &memoryTokens{}
		made, err := credential.OpenClaims(t.Context(), credential.ClaimOptions{
			Store: &memoryClaims{}, Registry: o.Registry, Gazetteer: o.Gazetteer, Trail: log, Now: o.Now,
		})
		if err != nil {
			t.Fatal(err)
		}
		o.Claims = made
		if claims != nil {
			*claims = made
		}
	}
}

func TestClaims(t *testing.T) {
	r := newRig(t, demoCity()[:3], withClaims(t, nil))
	var made NewClaimCode
	answer(t, r, 200, "POST", "/v1/claims", `{"name":"lotto 1","comune":"058091","kind":"bin","uses":2,"approve":true}`, &made)
	if len(made.Code) != 14 || made.Uses != 2 || made.Author != "admin" || time.Until(made.Expires) < 71*time.Hour || time.Until(made.Expires) > 73*time.Hour {
		t.Errorf("made %+v", made)
	}
	answer(t, r, 422, "POST", "/v1/claims", `{"name":"lotto 1","comune":"058091","kind":"tree"}`, nil)
	answer(t, r, 422, "POST", "/v1/claims", `{"name":"lotto 1","comune":"58091","kind":"bin"}`, nil)
	f := func(status int, says, body string) {
		t.Helper()
		w := r.do(request{method: "POST", path: "/v1/claim", body: strings.ReplaceAll(body, "CODE", made.Code), peer: everywhere}) // no token
		if w.Code != status || !strings.Contains(w.Body.String(), says) {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
	f(200, `"left":2`, `{"code":"CODE"}`)
	f(200, `"comune_name":"Roma"`, `{"code":"CODE"}`)
	f(403, "no such code", `{"code":"AAAA-AAAA-AAAA","device_id":"bin-1"}`)
	f(422, "lat and lon", `{"code":"CODE","device_id":"bin-1","lat":41.9}`)
	f(422, "", `{"code":"CODE","device_id":"bin-1","lat":41.9,"lon":212}`)
	f(422, "device_id", `{"code":"CODE","device_id":"Bin 1","lat":41.9,"lon":12.5}`)
	f(422, "swapped", `{"code":"CODE","device_id":"bin-1","lat":12.5,"lon":41.9}`)
	f(200, `"left":1`, `{"code":"CODE","device_id":"bin-1","serial":"X1","lat":41.9,"lon":12.5}`)
	if d := r.registry.Snapshot().Device("bin-1"); d == nil || d.Pending || d.ExternalID != "x1" || d.Current().Point != (geo.Point{Lat: 41.9, Lon: 12.5}) || r.registry.author != "claim lotto 1" {
		t.Errorf("claimed %+v by %s", d, r.registry.author)
	}
	f(422, "registered already", `{"code":"CODE","device_id":"bin-1"}`)
	var list ClaimCodeList
	answer(t, r, 200, "GET", "/v1/claims", "", &list)
	if len(list.Codes) != 1 || list.Codes[0].Used != 1 {
		t.Errorf("listed %+v", list)
	}
	answer(t, r, 200, "DELETE", "/v1/claims/"+made.ID, "", nil)
	answer(t, r, 404, "DELETE", "/v1/claims/"+made.ID, "", nil)
	f(403, "revoked", `{"code":"CODE","device_id":"bin-2"}`)
	for range 30 {
		r.do(request{method: "POST", path: "/v1/claim", body: `{"code":"AAAA-AAAA-AAAA"}`, peer: everywhere})
	}
	f(429, "wrong codes", `{"code":"CODE"}`)
}

func TestServerWithoutClaims(t *testing.T) {
	r := newRig(t, demoCity()[:3])
	answer(t, r, 501, "GET", "/v1/claims", "", nil)
	answer(t, r, 501, "POST", "/v1/claims", `{"name":"x","comune":"058091","kind":"bin"}`, nil)
	answer(t, r, 501, "DELETE", "/v1/claims/x", "", nil)
	answer(t, r, 501, "POST", "/v1/claim", `{"code":"x"}`, nil)
}

// Only the installers' page may ask the phone where it is.
func TestOnlyTheClaimPageLocates(t *testing.T) {
	r := newRig(t, nil)
	for path, want := range map[string]string{"/claim": "geolocation=(self)", "/": "geolocation=()", "/docs": "geolocation=()"} {
		w := r.do(request{path: path, peer: everywhere})
		if got := w.Header().Get("Permissions-Policy"); w.Code != 200 || !strings.Contains(got, want) {
			t.Errorf("%s: %d, %s", path, w.Code, got)
		}
		if policy := w.Header().Get("Content-Security-Policy"); policy != pagePolicy {
			t.Errorf("%s: %s", path, policy)
		}
	}
}

// An installer registers devices on a phone: by its position, by hand, and in
// Italian; what is wrong is told.
func TestClaimPage(t *testing.T) {
	var claims *credential.Claims
	r := newRig(t, nil, withClaims(t, &claims)) // ends after the browser, which holds connections
	b := newBrowser(t, "422")
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	code, _, err := claims.Create(t.Context(), "anna", credential.Claim{Name: "lotto 1", Comune: "058091", Kind: devices.Bin, Uses: 3, Expires: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	b.size(390, 844, true)
	origin := "http://" + r.Addr().String()
	b.run(cdpbrowser.SetPermission(&cdpbrowser.PermissionDescriptor{Name: "geolocation"}, cdpbrowser.PermissionSettingGranted).WithOrigin(origin),
		emulation.SetGeolocationOverride().WithLatitude(41.9028).WithLongitude(12.4964).WithAccuracy(8),
		chromedp.Navigate(origin+"/claim#"+code))
	b.until(`document.getElementById('purpose').textContent.includes('For Roma, Waste: 3 left')`)
	b.accessible("claim")
	b.run(chromedp.SetValue("#device", "bin-phone", chromedp.ByQuery), chromedp.SetValue("#serial", "SN 7", chromedp.ByQuery))
	b.click("#locate")
	b.until(`document.getElementById('lat').value === '41.902800' && document.getElementById('accuracy').textContent.includes('8 m')`)
	b.click("#send")
	b.until(`document.getElementById('outcome').className === 'bad'`) // a serial has no spaces
	b.run(chromedp.SetValue("#serial", "SN7", chromedp.ByQuery))
	b.click("#send")
	b.until(`document.getElementById('outcome').textContent.includes('bin-phone is registered and waits')`)
	b.shoot("claim")
	if d := r.registry.Snapshot().Device("bin-phone"); d == nil || !d.Pending || d.ExternalID != "sn7" || d.Current().Point != (geo.Point{Lat: 41.9028, Lon: 12.4964}) {
		t.Errorf("claimed %+v", d)
	}
	b.click("#language")
	b.until(`document.documentElement.lang === 'it' && document.getElementById('send').textContent === 'Registra'`)
	b.run(chromedp.SetValue("#device", "bin-hand", chromedp.ByQuery), chromedp.SetValue("#lat", "41,95", chromedp.ByQuery))
	b.click("#send")
	b.until(`document.getElementById('outcome').textContent.includes('Scrivi sia latitudine')`)
	b.run(chromedp.SetValue("#lon", "12.52", chromedp.ByQuery))
	b.click("#send")
	b.until(`document.getElementById('outcome').textContent.includes('bin-hand è registrato')`)
	b.until(`document.querySelectorAll('#done li').length === 2 && document.documentElement.scrollWidth <= 390`)
	b.accessible("claim in Italian")
}

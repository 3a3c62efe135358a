package api

import (
	"context"
	"errors"
	"strings"
	"testing"

	"rione/devices"
	"rione/devices/quota"
)

// memoryQuota keeps limits in memory.
type memoryQuota struct {
	set    map[quota.Subject]quota.Limits
	author string
	refuse error
}

func (m *memoryQuota) Set(_ context.Context, author string, s quota.Subject, l quota.Limits) error {
	if m.refuse != nil {
		return m.refuse
	}
	m.author, m.set[s] = author, l
	return nil
}

func (m *memoryQuota) List() map[quota.Subject]quota.Limits { return m.set }

func (m *memoryQuota) Usage(s quota.Subject) quota.Usage {
	return quota.Usage{Limits: m.set[s], Series: len(s.Name)}
}

// romanQuota has limits for a device of Roma.
func romanQuota() *memoryQuota {
	return &memoryQuota{set: map[quota.Subject]quota.Limits{{Class: quota.Device, Name: "bin-roma"}: {Series: 7777}}}
}

func TestQuota(t *testing.T) {
	city := demoCity()[:3]
	city[2].Kind = devices.Gateway
	q := &memoryQuota{set: map[quota.Subject]quota.Limits{}}
	r := newRig(t, city, func(o *Options) { o.Quota = q })
	all := r.registry.Snapshot().All()
	id, gateway := "", ""
	for _, d := range all {
		if d.Kind == devices.Gateway {
			gateway = d.ID
		} else {
			id = d.ID
		}
	}
	var line QuotaLine
	answer(t, r, 200, "PUT", "/v1/quota/device:"+id, `{"series":9}`, &line)
	if line.Subject != "device:"+id || line.Set == nil || line.Set.Series != 9 || line.Limits.Series != 9 || q.author != "admin" {
		t.Errorf("set %+v by %s", line, q.author)
	}
	answer(t, r, 200, "PUT", "/v1/quota/gateway:"+gateway, `{"per_second":9.5}`, nil)
	answer(t, r, 200, "PUT", "/v1/quota/gateway:token:network", `{"per_second":9.5}`, nil)
	answer(t, r, 200, "PUT", "/v1/quota/comune", `{"bytes_per_day":1000}`, nil)
	answer(t, r, 200, "GET", "/v1/quota/comune:058091", "", &line)
	answer(t, r, 404, "PUT", "/v1/quota/device:"+gateway, `{"series":9}`, nil) // no device of its own
	answer(t, r, 404, "PUT", "/v1/quota/gateway:"+id, `{"series":9}`, nil)
	answer(t, r, 404, "PUT", "/v1/quota/device:stranger", `{"series":9}`, nil)
	answer(t, r, 404, "GET", "/v1/quota/comune:58091", "", nil)
	answer(t, r, 422, "PUT", "/v1/quota/king", `{"series":9}`, nil)
	answer(t, r, 422, "PUT", "/v1/quota/device", `{"series":-9}`, nil)
	answer(t, r, 422, "PUT", "/v1/quota/device", `{"seriess":9}`, nil)
	var list QuotaList
	answer(t, r, 200, "GET", "/v1/quota", "", &list)
	var subjects []string
	for _, l := range list.Subjects {
		subjects = append(subjects, l.Subject)
	}
	if got := strings.Join(subjects, " "); got != "comune comune:058091 device device:"+id+" gateway gateway:token:network gateway:"+gateway {
		t.Errorf("listed %s", got)
	}
	q.refuse = errors.New("no NATS")
	answer(t, r, 500, "PUT", "/v1/quota/device", `{"series":9}`, nil)
}

func TestServerWithoutQuota(t *testing.T) {
	r := newRig(t, demoCity()[:3])
	answer(t, r, 501, "GET", "/v1/quota", "", nil)
	answer(t, r, 501, "GET", "/v1/quota/device", "", nil)
	answer(t, r, 501, "PUT", "/v1/quota/device", `{}`, nil)
}

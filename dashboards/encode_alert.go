package dashboards

import (
	"strconv"
	"strings"
	"time"
)

// alertLabel of a rule tells whose it is.
const alertLabel = "managed_by"

// expressions is the UID of Grafana's own data source for calculations.
const expressions = "__expr__"

func (s *Set) contact(c Contact) Resource {
	uid := s.UID(c.Name)
	return Resource{Kind: ContactPoints, UID: uid, Title: uid, Body: object{
		"uid": uid, "name": uid, "type": "email", "disableResolveMessage": false,
		"settings": object{"addresses": strings.Join(c.Emails, ";"), "singleEmail": false},
	}}
}

func (s *Set) alertGroup(g AlertGroup) Resource {
	uid, folder := s.UID(g.Name), s.UID(g.Folder)
	rules := list{}
	for _, a := range g.Alerts {
		rule := s.alert(a)
		rule["folderUID"], rule["ruleGroup"] = folder, uid
		rules = append(rules, rule)
	}
	return Resource{Kind: AlertGroups, UID: uid, Title: uid, Folder: folder, Body: object{
		"title": uid, "folderUid": folder, "interval": int(g.Every / time.Second), "rules": rules,
	}}
}

// alert writes a rule. No data is fine: what falls silent has a rule of its
// own, and a restart of ours alarms nobody. Nor does a store that does not answer
// raise the other rules: Grafana would tell of each error at once, whatever the
// pending period, which holds for the state Alerting only.
func (s *Set) alert(a Alert) object {
	o := object{
		"uid": s.UID(a.Name), "title": a.Title.In(s.Language), "condition": "C", "data": s.alertData(a),
		"noDataState": "OK", "execErrState": "OK", "for": period(a.Pending), "isPaused": false,
		"labels": object{alertLabel: s.Label},
		"annotations": object{
			"summary":          a.Summary.In(s.Language), // Grafana refuses a page without a panel
			"__dashboardUid__": s.UID(a.Page), "__panelId__": strconv.Itoa(s.dashboard(a.Page).panelID(a.Panel)),
		},
	}
	if a.Mute {
		o["execErrState"] = "Alerting"
	}
	if len(s.Contacts) > 0 { // the rule names its receiver: the organisation's policies are not ours
		o["notification_settings"] = object{"receiver": s.UID(s.Contacts[0].Name)}
	}
	return o
}

// period writes a duration as Grafana gives it back, from days down to seconds.
func period(d time.Duration) string {
	out := ""
	for _, u := range []struct {
		length time.Duration
		name   string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}} {
		if n := d / u.length; n > 0 {
			out += strconv.Itoa(int(n)) + u.name
			d %= u.length
		}
	}
	return out
}

// alertData are the steps of a rule: A asks the store, B makes one number of
// each series, C holds it against the limit.
func (s *Set) alertData(a Alert) list {
	span := object{"from": int((a.Window + a.Delay) / time.Second), "to": int(a.Delay / time.Second)}
	model := object{
		"refId": "A", "query": a.Query.String(), "rawQuery": true, "resultFormat": "time_series", "alias": "",
		"datasource": object{"type": "influxdb", "uid": s.UID("city")},
	}
	out := list{object{"refId": "A", "datasourceUid": s.UID("city"), "relativeTimeRange": span, "model": model}}
	for _, m := range a.Compare.steps() {
		m["datasource"] = object{"type": expressions, "uid": expressions}
		out = append(out, object{
			"refId": m["refId"], "datasourceUid": expressions, "relativeTimeRange": object{"from": 0, "to": 0}, "model": m,
		})
	}
	return out
}

func (c Comparison) steps() []object {
	last := object{"refId": "B", "type": "reduce", "expression": "A", "reducer": "last"}
	switch c.Kind {
	case LastBelow:
		return []object{last, threshold("lt", c.Limit)}
	case LastAwayFrom:
		return []object{last, threshold("outside_range", c.Limit-0.5, c.Limit+0.5)}
	default:
		return []object{last, threshold("gt", c.Limit)}
	}
}

func threshold(kind string, limits ...float64) object {
	return object{
		"refId": "C", "type": "threshold", "expression": "B",
		"conditions": list{object{"evaluator": object{"type": kind, "params": limits}}},
	}
}

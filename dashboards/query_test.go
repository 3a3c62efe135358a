package dashboards

import (
	"strings"
	"testing"
	"time"
)

func TestQueryText(t *testing.T) {
	f := func(want string, q Query) {
		t.Helper()
		if err := q.Err(); err != nil {
			t.Errorf("%v in %s", err, want)
		}
		if got := q.String(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	f(`SELECT last("clients") AS "clients" FROM "wifi_ap" WHERE $timeFilter GROUP BY "device_id"`,
		From("wifi_ap").Select(Last("clients")).By("device_id"))
	f(`SELECT mean("up") * 100 AS "a" FROM "wifi_ap" WHERE $timeFilter AND "zone" =~ /^${zone:regex}$/ GROUP BY time($__interval) fill(null)`,
		From("wifi_ap").Select(Availability("up").As("a")).For("zone").OverTime())
	f(`SELECT sum("b") * 8 / 900 AS "b" FROM (SELECT non_negative_difference("rx_bytes") AS "b" FROM "net_if" WHERE $timeFilter `+
		`GROUP BY "device_id") WHERE $timeFilter GROUP BY time(15m) fill(null)`,
		From("net_if").Select(Increase("rx_bytes").As("b")).By("device_id").
			Of().Select(Sum("b").Times("8 / 900")).Every(15*time.Minute))
	f(`SELECT (sum("stored") / sum("acked")) * 100 AS "ratio_pct" FROM "ledger" WHERE $timeFilter`,
		From("ledger").Select(Ratio(Sum("stored"), Sum("acked"))))
	f(`SELECT max("temp_c") AS "temp_c" FROM "air" WHERE $timeFilter AND "grade" = 'reference' AND "pm10_ugm3" >= 50`,
		From("air").Select(Max("temp_c")).Is("grade", "reference").When("pm10_ugm3", ">=", 50))
	f(`SELECT "n" AS "n" FROM (SELECT count("up") AS "n" FROM "bb_link" WHERE $timeFilter GROUP BY "zone") WHERE $timeFilter AND "n" >= 5 GROUP BY "zone"`,
		From("bb_link").Select(Count("up").As("n")).By("zone").AtLeast("n", 5))
	all := From("bin").Select(Last("q")).By("comune")
	f(`SELECT sum("q") AS "q" FROM (SELECT last("q") AS "q" FROM "bin" WHERE $timeFilter GROUP BY "comune"), `+
		`(SELECT last("q") AS "q" FROM "bin" WHERE $timeFilter AND time >= now() - 5m GROUP BY "comune") WHERE $timeFilter GROUP BY "comune"`,
		Together(all, all.Since(5*time.Minute)).Select(Sum("q")).By("comune"))
	f(`SELECT "text" AS "text" FROM "event" WHERE $timeFilter AND "type" = 'l\'ora' ORDER BY time DESC LIMIT 3`,
		From("event").Select(Raw("text")).Is("type", "l'ora").Newest(3))
}

func TestQueryErrors(t *testing.T) {
	f := func(want string, q Query) {
		t.Helper()
		if err := q.Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	f(`measurement "wifi" is not in the schema`, From("wifi").Select(Last("clients")))
	f(`wifi_ap has no field "users"`, From("wifi_ap").Select(Last("users")))
	f(`wifi_ap has no tag "band"`, From("wifi_ap").Select(Last("clients")).By("band"))
	f(`wifi_ap has no tag "band"`, From("wifi_ap").Select(Last("clients")).Is("band", "5g"))
	f(`wifi_ap has no field "users"`, From("wifi_ap").Select(Last("clients")).When("users", ">", 1))
	f(`has no column "up"`, From("wifi_ap").Select(Last("clients")).By("device_id").Of().Select(Mean("up")))
	f(`has no tag "zone"`, From("wifi_ap").Select(Last("clients")).By("device_id").Of().Select(Mean("clients")).By("zone"))
	whole := From("bin").Select(Last("q")).By("comune")
	f(`has no tag "comune"`, Together(whole, From("bin").Select(Last("q"))).Select(Sum("q")).By("comune"))
	f(`bin has no field "full"`, Together(whole, From("bin").Select(Last("full")).By("comune")).Select(Sum("q")).By("comune"))
	f("selects nothing", From("wifi_ap"))
	f("two columns of wifi_ap are named", From("wifi_ap").Select(Last("up"), Mean("up")))
	f("the field is no counter", From("wifi_ap").Select(Increase("clients")))
	f("its query is over time", From("net_if").Select(Increase("rx_bytes")).OverTime())
	f("the field is text", From("event").Select(Mean("text")))
}

func TestQueryIsAValue(t *testing.T) {
	base := From("wifi_ap").Select(Last("clients"))
	a, b := base.Select(Last("up")).For("zone"), base.Select(Last("cpu_pct")).For("comune")
	if strings.Contains(a.String(), "cpu_pct") || strings.Contains(b.String(), "zone") || strings.Contains(base.String(), "comune") {
		t.Errorf("queries share what they must not:\n%s\n%s\n%s", base, a, b)
	}
}

func TestUnitsFollowTheSchema(t *testing.T) {
	f := func(want string, q Query) {
		t.Helper()
		if got := unit(q, q.Columns()[0]); got != want {
			t.Errorf("%s: unit %q, want %q", q, got, want)
		}
	}
	f("conμgm3", From("air").Select(Mean("pm25_ugm3")))
	f("short", From("air").Select(Count("pm25_ugm3")))
	f("bytes", From("net_if").Select(Increase("rx_bytes")))
	f("bps", trafficOf("down_bytes", "down"))
	f("percent", From("wifi_ap").Select(Availability("up")))
	f("celsius", From("air").Select(Last("temp_c")).By("zone").Of().Select(Mean("temp_c")))
}

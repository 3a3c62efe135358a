package access

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// shapesAsked are the topics and filters that TestEveryTopicOfEveryDevice asks for
// every device and client, read from the test itself, of a device called x.
func shapesAsked(t *testing.T) [][]string {
	t.Helper()
	source, err := os.ReadFile("principal_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var all [][]string
	for _, quoted := range regexp.MustCompile(`"([^"\n]*%\[[12]\]s[^"\n]*)"`).FindAllStringSubmatch(string(source), -1) {
		topic := regexp.MustCompile(`%\[\d\]s`).ReplaceAllString(quoted[1], "x")
		all = append(all, strings.Split(topic, "/"))
	}
	if len(all) < 20 {
		t.Fatalf("only %d shapes are asked", len(all))
	}
	return all
}

// Every shape of topic that the policy knows, natively and of another ecosystem,
// is asked about foreign devices: one that is added here and not there fails.
func TestEveryShapeIsAsked(t *testing.T) {
	asked := shapesAsked(t)
	f := func(what string, shape []string, device int) {
		t.Helper()
		if !slices.ContainsFunc(asked, func(levels []string) bool {
			return covers(shape, levels) && len(levels) > device && levels[device] == "x"
		}) {
			t.Errorf("%s %s is asked of no foreign device", what, strings.Join(shape, "/"))
		}
	}
	for _, leaf := range uplinks() {
		f("uplink", shape(nativeRoot, nativeVersion, "+", "+", "+", leaf), nativeDevice)
	}
	f("commands", nativeCommands(), nativeDevice)
	for i, e := range ecosystems() {
		f(fmt.Sprintf("uplink of ecosystem %d", i), e.up, e.device)
		f(fmt.Sprintf("downlink of ecosystem %d", i), e.down, e.device)
	}
}

func TestCovers(t *testing.T) {
	f := func(shape, topic string, want bool) {
		t.Helper()
		if got := covers(strings.Split(shape, "/"), strings.Split(topic, "/")); got != want {
			t.Errorf("%s covers %s: %v", shape, topic, got)
		}
	}
	f("a/+/b", "a/x/b", true)
	f("a/+/b", "a/+/b", true) // a filter of one level where the shape has any
	f("a/+/b", "a/x/c", false)
	f("a/+/b", "a/x", false)
	f("a/+/b", "a/x/b/c", false)
	f("a/+/b", "a/#", false) // it would fit more than the shape
	f("a/#", "a", true)      // as in MQTT, # stands for its parent too
	f("a/#", "a/b/c", true)
	f("a/#", "a/#", true)
	f("a/#", "#", false)
	f("a/#", "b", false)
	f("a", "a", true)
	f("a", "+", false)
}

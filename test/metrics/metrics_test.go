//go:build programs

package metrics_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestRules_areGoodAndFireWhenTheyShould(t *testing.T) {
	for _, args := range [][]string{{"check", "rules", "aeron.rules.yml"}, {"test", "rules", "aeron.rules.test.yml"}} {
		cmd := exec.Command("promtool", args...)
		cmd.Dir = deploy + "/prometheus"
		said, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", said)
		require.Contains(t, string(said), "SUCCESS")
	}
}

// dashboardExpressions are what the dashboard asks, with its variables replaced as Grafana would.
func dashboardExpressions(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(deploy + "/grafana/aeron.json")
	require.NoError(t, err)
	var dashboard struct {
		Panels []struct {
			ID      int
			Title   string
			Targets []struct{ Expr string }
		}
	}
	require.NoError(t, json.Unmarshal(text, &dashboard))
	var all []string
	ids := map[int]bool{}
	for _, panel := range dashboard.Panels {
		require.False(t, ids[panel.ID], "two panels with id %d", panel.ID)
		ids[panel.ID] = true
		require.NotEmpty(t, panel.Targets, panel.Title)
		for _, target := range panel.Targets {
			all = append(all, strings.NewReplacer("$driver", "orders", "$__rate_interval", "10s").Replace(target.Expr))
		}
	}
	require.Greater(t, len(all), 30)
	return all
}

// traffic runs three streams, each with a subscriber that reads and one that does not.
func traffic(t *testing.T, drv *aeron.Driver) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	var subs []*aeron.Subscription
	var pubs []*aeron.ExclusivePublication
	for id := int32(1); id <= 3; id++ {
		channel := testdriver.UDP(t)
		for range 2 {
			sub, err := drv.AddSubscription(testdriver.Context(t), channel, id)
			require.NoError(t, err)
			subs = append(subs, sub)
		}
		pub, err := drv.AddExclusivePublication(testdriver.Context(t), channel, id)
		require.NoError(t, err)
		require.NoError(t, pub.AwaitReady(testdriver.Context(t)))
		pubs = append(pubs, pub)
	}
	go func() {
		defer close(done)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			for i, pub := range pubs {
				_, _ = pub.Offer(make([]byte, 32)) // what is refused is the subject
				_, _ = subs[2*i].Poll(func(aeron.Fragment) {}, 10)
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
}

var metricName = regexp.MustCompile(`aeron_[a-z_]+`)

func TestExporter_dashboardAndRulesOnARealPrometheus(t *testing.T) {
	drv, err := aeron.Open(aeron.Config{Directory: testdriver.Dir(t), Threading: aeron.Shared, TermLength: 64 << 10, ClientName: "risk engine"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, drv.Close()) })
	require.NoError(t, drv.Start(testdriver.Context(t)))
	traffic(t, drv)
	p := startPrometheus(t, startExporter(t, drv.Dir(), "--driver-name", "orders", "--max-streams", "2"))

	testdriver.Await(t, "the driver in Prometheus", func() bool { return p.is("aeron_up", "1") })
	// Every expression has data: a wrong name or label would have none, for ever.
	for _, expression := range dashboardExpressions(t) {
		testdriver.Await(t, expression, func() bool { return len(p.query(expression)) > 0 })
	}
	require.Empty(t, p.query(`rate(aeron_no_such_metric{driver=~"orders"}[10s])`))

	testdriver.Await(t, "both subscribers of two streams", func() bool { return p.is("count(aeron_subscriber_lag_bytes)", "4") })
	testdriver.Await(t, "who does not read is behind", func() bool {
		return len(p.query(`aeron_subscriber_lag_bytes{client_name="risk engine"} > 1000`)) == 2
	})
	testdriver.Await(t, "the third stream is counted", func() bool {
		return p.is("aeron_streams", "3") && p.is("aeron_streams_others", "1") && len(p.query("aeron_streams_others_subscriber_lag_max_bytes > 1000")) == 1
	})

	// Every metric that a rule names is there, and Prometheus can evaluate every rule.
	var rules struct {
		Groups []struct {
			Rules []struct{ Name, Query, Health, LastError string }
		}
	}
	testdriver.Await(t, "the rules' first evaluation", func() bool {
		require.NoError(t, p.get("/api/v1/rules", url.Values{}, &rules))
		for _, group := range rules.Groups {
			for _, rule := range group.Rules {
				if rule.Health == "unknown" {
					return false
				}
			}
		}
		return len(rules.Groups) == 1
	})
	for _, rule := range rules.Groups[0].Rules {
		require.Equal(t, "ok", rule.Health, "%s: %s", rule.Name, rule.LastError)
		for _, name := range metricName.FindAllString(rule.Query, -1) {
			testdriver.Await(t, name, func() bool { return len(p.query(name)) > 0 })
		}
	}

	require.NoError(t, drv.Close())
	testdriver.Await(t, "the end of the driver in Prometheus", func() bool {
		return p.is("aeron_up", "0") && len(p.query("aeron_subscriber_lag_bytes")) == 0
	})
	testdriver.Await(t, "the alert", func() bool {
		return p.is(fmt.Sprintf("ALERTS{alertname=%q,driver=%q}", "AeronDriverDown", "orders"), "1")
	})
}

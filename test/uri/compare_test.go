// Package uri_test asks the C driver about channels and compares what it says with what package uri says.
package uri_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/uri"
)

func TestMain(m *testing.M) { os.Exit(testdriver.Main(m)) }

// row is a line of the package's table; see its head.
type row struct{ name, publication, subscription, mark, channel string }

func (r row) wants(role uri.Role) string {
	if role == uri.Publication {
		return r.publication
	}
	return r.subscription
}

func table(t *testing.T) []row {
	t.Helper()
	data, err := os.ReadFile("../../uri/testdata/channels.txt")
	require.NoError(t, err)
	var rows []row
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		var r row
		_, err := fmt.Sscanf(line, "%s %s %s %s %q", &r.name, &r.publication, &r.subscription, &r.mark, &r.channel)
		require.NoError(t, err, "line %q", line)
		r.channel = strings.ReplaceAll(r.channel, "{LONG}", strings.Repeat("a", 4096))
		rows = append(rows, r)
	}
	require.Greater(t, len(rows), 140)
	return rows
}

// Each use of a channel gets ports of its own: C keeps what was closed for seconds, and refuses to share it on other terms.
func (r row) use(t *testing.T) string {
	t.Helper()
	channel := r.channel
	for strings.Contains(channel, "{PORT}") {
		channel = strings.Replace(channel, "{PORT}", fmt.Sprint(testdriver.Port(t)), 1)
	}
	return channel
}

// ask tells the driver to add a channel, and gives its answer as the table has it.
func ask(t *testing.T, client *aeronc.Client, role uri.Role, channel string, streamID int32) (answer string, cause error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testdriver.Patience)
	defer cancel()
	var err error
	if role == uri.Publication {
		var p *aeronc.Publication
		if p, err = client.AddPublication(ctx, channel, streamID); err == nil {
			require.NoError(t, p.Close())
		}
	} else {
		var s *aeronc.Subscription
		if s, err = client.AddSubscription(ctx, channel, streamID); err == nil {
			require.NoError(t, s.Close())
		}
	}
	if err == nil {
		return "ok", nil
	}
	if errors.Is(err, aeronc.ErrInvalidArgument) {
		return "-1", err // package aeronc refuses by itself what C would, before it gets there
	}
	var e *aeronc.Error
	require.ErrorAs(t, err, &e)
	return fmt.Sprint(-int(e.Code)), err
}

// What package uri says for a role: whether C refuses the channel, and what it takes without a word.
func verdict(channel string, role uri.Role) (refused, strict error) {
	u, err := uri.Parse(channel)
	if err != nil {
		return err, nil
	}
	for _, p := range u.Problems(role) {
		if p.RefusedBy&role != 0 {
			refused = errors.Join(refused, p)
		} else {
			strict = errors.Join(strict, p)
		}
	}
	return refused, strict
}

// TestChannels_asCSaysAndAsGoSays adds a publication and a subscription for each row.
func TestChannels_asCSaysAndAsGoSays(t *testing.T) {
	driver := testdriver.Start(t, func(c *aeronc.DriverContext) {
		// For the row with terms of 1 GiB, which nobody fills.
		require.NoError(t, c.SetTermBufferSparseFile(true))
		require.NoError(t, c.SetPerformStorageChecks(false))
	})
	client := driver.Connect()
	for i, r := range table(t) {
		t.Run(r.name, func(t *testing.T) {
			for _, role := range []uri.Role{uri.Publication, uri.Subscription} {
				channel := r.use(t)
				answer, cause := ask(t, client, role, channel, int32(1000+i))
				if want := r.wants(role); want != "any" {
					require.Equal(t, want, answer, "%s: what C says: %v", role, cause)
				}
				refused, strict := verdict(channel, role)
				switch {
				case r.mark == "env" || r.wants(role) == "any":
					require.NoError(t, refused, "%s: only the driver can know", role)
				case answer == "ok":
					require.NoError(t, refused, "%s: C takes it", role)
				default:
					require.Error(t, refused, "%s: C refuses it: %v", role, cause)
				}
				if r.mark == "strict" {
					require.Error(t, strict, "%s: C takes nonsense, Validate does not", role)
				} else if answer == "ok" {
					require.NoError(t, strict, "%s", role)
				}
				require.False(t, client.IsClosed(), "the client outlives every answer")
			}
		})
	}
}

// TestLength: Parse ends where C does.
func TestLength_asCSays(t *testing.T) {
	client := testdriver.Start(t).Connect()
	const prefix = "aeron:ipc?alias="
	for n, want := range map[int]bool{uri.MaxLength: true, uri.MaxLength + 1: false} {
		channel := prefix + strings.Repeat("a", n-len(prefix))
		answer, cause := ask(t, client, uri.Subscription, channel, 1)
		require.Equal(t, want, answer == "ok", "%d bytes: %v", n, cause)
		u, err := uri.Parse(channel)
		if !want {
			require.ErrorIs(t, err, uri.ErrTooLong)
			continue
		}
		require.NoError(t, err)
		require.NoError(t, u.Validate())
	}
}

// TestInvalidText: what String gives for a channel that could not be built is refused everywhere, and the refusal says why.
func TestInvalidText_isRefusedByC(t *testing.T) {
	client := testdriver.Start(t).Connect()
	text := uri.UDP().Endpoint("127.0.0.1", 70000).String()
	for _, role := range []uri.Role{uri.Publication, uri.Subscription} {
		answer, cause := ask(t, client, role, text, 1)
		require.Equal(t, "-1", answer)
		require.ErrorContains(t, cause, "port 70000 is out of range")
	}
}

// TestBuilt: what the builder makes, the driver takes, and both ends meet.
func TestBuilt_connects(t *testing.T) {
	driver := testdriver.Start(t)
	client := driver.Connect()
	for name, u := range map[string]uri.URI{
		"session over UDP": uri.Session(uri.MediaUDP, 77, true).Endpoint("127.0.0.1", testdriver.Port(t)),
		"session over IPC": uri.Session(uri.MediaIPC, 78, true),
		"IPv6":             uri.UDP().Endpoint("::1", testdriver.Port(t)),
		"with everything a publication has": uri.UDP().Endpoint("localhost", testdriver.Port(t)).Tags(5001, 5002).MTU(4096).
			InitialPosition(1<<20+64, -5, 64<<10).Linger(0).PublicationWindow(16 << 10).MaxResend(4),
	} {
		t.Run(name, func(t *testing.T) {
			channel, err := u.Build()
			require.NoError(t, err)
			ctx := testdriver.Context(t)
			sub, err := client.AddSubscription(ctx, channel, 10)
			require.NoError(t, err)
			defer func() { require.NoError(t, sub.Close()) }()
			pub, err := client.AddPublication(ctx, channel, 10)
			require.NoError(t, err)
			defer func() { require.NoError(t, pub.Close()) }()
			testdriver.Await(t, "connected", func() bool { return pub.IsConnected() && sub.IsConnected() })
			if id, err := u.GetSessionID(); err == nil {
				require.Equal(t, id, pub.Constants().SessionID)
			}
		})
	}
}

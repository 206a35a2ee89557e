//go:build programs

package metrics_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestMain(m *testing.M) { os.Exit(testdriver.Main(m)) }

const deploy = "../../deploy"

// launch runs a program until the test ends, when it must end by a signal.
func launch(t *testing.T, name string, args ...string) *testdriver.Output {
	t.Helper()
	said := &testdriver.Output{}
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr, cmd.Dir = said, said, t.TempDir()
	cmd.WaitDelay = testdriver.Patience
	require.NoError(t, cmd.Start())
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended, which is the next thing looked at
		select {
		case err := <-done:
			require.NoError(t, err, "%s: %s", name, said)
		case <-time.After(testdriver.Patience):
			_ = cmd.Process.Kill()
			require.Fail(t, "it does not end", "%s: %s", name, said)
		}
	})
	return said
}

// freePort is a TCP port of 127.0.0.1 that was free a moment ago.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// startExporter runs aerongo exporter and returns its address.
func startExporter(t *testing.T, dir string, args ...string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "aerongo")
	built, err := exec.Command("go", "build", "-o", program, "../../cmd/aerongo").CombinedOutput()
	require.NoError(t, err, "%s", built)
	said := launch(t, program, append([]string{"exporter", "--dir", dir, "--listen", "127.0.0.1:0"}, args...)...)
	address := ""
	testdriver.Await(t, "the exporter", func() bool {
		_, rest, _ := strings.Cut(said.String(), "url=http://")
		var ready bool
		address, _, ready = strings.Cut(rest, "/metrics ")
		return ready
	})
	return address
}

// prometheus is a server of the test's own.
type prometheus struct {
	t   *testing.T
	url string
}

// startPrometheus runs a Prometheus that asks an exporter every second and knows the alert rules.
func startPrometheus(t *testing.T, exporter string) *prometheus {
	t.Helper()
	rules, err := filepath.Abs(deploy + "/prometheus/aeron.rules.yml")
	require.NoError(t, err)
	dir := t.TempDir()
	config := fmt.Sprintf("global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files: [%q]\n"+
		"scrape_configs:\n- job_name: aeron\n  static_configs:\n  - targets: [%q]\n", rules, exporter)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "prometheus.yml"), []byte(config), 0o600))
	address := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	said := launch(t, "prometheus", "--config.file="+filepath.Join(dir, "prometheus.yml"), "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+address)
	p := &prometheus{t: t, url: "http://" + address}
	testdriver.Await(t, "Prometheus", func() bool {
		r, err := http.Get(p.url + "/-/ready")
		if err != nil {
			require.NotContains(t, said.String(), "level=error")
			return false
		}
		require.NoError(t, r.Body.Close())
		return r.StatusCode == http.StatusOK
	})
	return p
}

// get asks the API and decodes what it says.
func (p *prometheus) get(path string, query url.Values, data any) error {
	r, err := http.Get(p.url + path + "?" + query.Encode())
	if err != nil {
		return err
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	answer := struct {
		Status, Error string
		Data          json.RawMessage
	}{}
	if err := json.Unmarshal(body, &answer); err != nil {
		return fmt.Errorf("%s: %w", body, err)
	}
	if answer.Status != "success" {
		return fmt.Errorf("%s: %s", query, answer.Error)
	}
	return json.Unmarshal(answer.Data, data)
}

// sample is one series' value now.
type sample struct {
	Metric map[string]string
	Value  [2]any // time, and the value as text
}

// query evaluates an expression, which must be one.
func (p *prometheus) query(expression string) []sample {
	p.t.Helper()
	var data struct{ Result []sample }
	require.NoError(p.t, p.get("/api/v1/query", url.Values{"query": {expression}}, &data))
	return data.Result
}

// is reports whether an expression has one series with this value.
func (p *prometheus) is(expression, value string) bool {
	p.t.Helper()
	result := p.query(expression)
	return len(result) == 1 && result[0].Value[1] == value
}

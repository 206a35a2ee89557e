package report

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExplanations_areReadByName(t *testing.T) {
	e, err := ReadExplanations(strings.NewReader("# a comment\n\nudp32_vs_c: the kernel\n  takes it all: 95 %\n\nrtt_ipc_p99_vs_c: two cores\n"))
	require.NoError(t, err)
	require.Equal(t, Explanations{"udp32_vs_c": "the kernel takes it all: 95 %", "rtt_ipc_p99_vs_c": "two cores"}, e)
}

func TestExplanations_sayWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"udp32_vs_d: why":                      `"udp32_vs_d" is no ratio`,
		"udp32_vs_c":                           `"udp32_vs_c" is not NAME: why`,
		"udp32_vs_c: ":                         "is not NAME: why",
		"udp32_vs_c: why\nudp32_vs_c: because": `"udp32_vs_c" is there twice`,
		" goes on":                             `"goes on" goes on with nothing`,
		"udp32_vs_c: why\n\n and more":         `"and more" goes on with nothing`,
		"# comment\n and more":                 `"and more" goes on with nothing`,
	} {
		_, err := ReadExplanations(strings.NewReader(text))
		require.ErrorContains(t, err, want, "%q", text)
	}
}

func TestFill_explainsWhatIsMissedAndNothingElse(t *testing.T) {
	page := resultsBegin + resultsEnd
	why := Explanations{"allocs_per_message": "The test wants it.", "ipc32_offer_vs_c": "It is reached."}
	filled, err := example().Fill(page, why)
	require.NoError(t, err)
	require.Contains(t, filled, "\n### Not reached\n\n- `allocs_per_message`, 2.00 instead of ≤ 0: The test wants it.\n")
	require.NotContains(t, filled, "It is reached.")

	filled, err = example().Fill(page, nil)
	require.NoError(t, err)
	require.Contains(t, filled, "- `allocs_per_message`, 2.00 instead of ≤ 0: not explained yet.\n")

	r := example()
	r.Ratios["allocs_per_message"] = 0
	filled, err = r.Fill(page, why)
	require.NoError(t, err)
	require.NotContains(t, filled, "Not reached")
}

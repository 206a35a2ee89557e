//go:build interop

package interop

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
)

// addJava brings in Java's driver and its client, which live in one JVM.
func addJava(s *stage) error {
	var words strings.Builder
	find := exec.Command(root + "/scripts/java-jar")
	find.Stderr = &words
	jar, err := find.Output()
	if err != nil {
		return fmt.Errorf("the interop tests need Java: %w\n%s", err, words.String())
	}
	java := []string{
		"java", "--add-opens", "java.base/jdk.internal.misc=ALL-UNNAMED", "-Xmx768m", "-XX:+UseSerialGC",
		"-XX:TieredStopAtLevel=1", "-cp", strings.TrimSpace(string(jar)),
	}
	addJavaSamples(java)
	p, err := launch("java", append(slices.Clip(java), "javapeer/Peer.java")...)
	if err != nil {
		return err
	}
	s.play("java", p)
	peerNames, driverNames = append(peerNames, "java"), append(driverNames, "java")
	_, err = p.start("driver", "driver", s.newDirectory("java"))()
	return err
}

// addJavaSamples adds those of Java, which take properties for flags.
func addJavaSamples(java []string) {
	ofClass := func(class string) sample {
		return func(dir, channel, back string, stream, count int) []string {
			command := slices.Clip(java)
			for _, property := range []string{
				"dir=" + dir,
				"sample.embeddedMediaDriver=false",
				"sample.channel=" + channel,
				fmt.Sprintf("sample.streamId=%d", stream),
				"sample.ping.channel=" + channel,
				fmt.Sprintf("sample.ping.streamId=%d", stream),
				"sample.pong.channel=" + back,
				fmt.Sprintf("sample.pong.streamId=%d", stream+1),
				fmt.Sprintf("sample.messages=%d", count),
				"sample.messageLength=64",
				"sample.warmup.iterations=1",
				fmt.Sprintf("sample.warmup.messages=%d", warmUp),
			} {
				command = append(command, "-Daeron."+property)
			}
			return append(command, "io.aeron.samples."+class)
		}
	}
	pingSamples["Ping"], pongSamples["Pong"] = ofClass("Ping"), ofClass("Pong")
	publishSamples["BasicPublisher"], subscribeSamples["BasicSubscriber"] = ofClass("BasicPublisher"), ofClass("BasicSubscriber")
}

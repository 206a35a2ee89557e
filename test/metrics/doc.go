// Package metrics holds the metrics against a real Prometheus: the alert rules, every expression of the dashboard, and what aerongo exporter
// says of a driver with traffic. `make metrics` runs it.
package metrics

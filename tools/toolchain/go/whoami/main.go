// Command whoami answers an HTTP request with what it saw of it: the line format of github.com/traefik/whoami, whose
// module the Go proxy does not always serve. It stands in for that program where it cannot be downloaded.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"sort"
)

func main() {
	port := flag.String("port", fallback("WHOAMI_PORT_NUMBER", "80"), "port to listen on (WHOAMI_PORT_NUMBER)")
	name := flag.String("name", os.Getenv("WHOAMI_NAME"), "a name to answer with (WHOAMI_NAME)")
	flag.Parse()

	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { answer(w, r, *name) })
	http.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	log.Printf("Starting up on port %s", *port)
	log.Fatal(http.ListenAndServe(":"+*port, nil))
}

func fallback(variable, value string) string {
	if set := os.Getenv(variable); set != "" {
		return set
	}
	return value
}

// answer writes who answers, whom it sees on the other end of the connection, and the request as it arrived.
func answer(w http.ResponseWriter, r *http.Request, name string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if name != "" {
		fmt.Fprintln(w, "Name:", name)
	}
	host, _ := os.Hostname()
	fmt.Fprintln(w, "Hostname:", host)
	addresses, _ := net.InterfaceAddrs()
	for _, address := range addresses {
		if network, ok := address.(*net.IPNet); ok {
			fmt.Fprintln(w, "IP:", network.IP)
		}
	}
	fmt.Fprintln(w, "RemoteAddr:", r.RemoteAddr)
	fmt.Fprintf(w, "%s %s %s\n", r.Method, r.URL.RequestURI(), r.Proto)
	fmt.Fprintln(w, "Host:", r.Host)
	names := make([]string, 0, len(r.Header))
	for header := range r.Header {
		names = append(names, header)
	}
	sort.Strings(names)
	for _, header := range names {
		for _, value := range r.Header[header] {
			fmt.Fprintf(w, "%s: %s\n", header, value)
		}
	}
}

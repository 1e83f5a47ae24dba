/*
 * SPDX-License-Identifier: MIT
 *
 * presload.c - SIP presence load generator and NOTIFY latency meter
 *
 * One process, one thread, one clock.  Opens S UDP sockets, holds N SIP
 * subscriptions (Event: presence by default), answers every NOTIFY at once,
 * causes state changes (SIP PUBLISH, MQTT publish, a TCP line such as AMI, a
 * line to a child's stdin, or a shell command) and measures the time from the
 * trigger to the arrival of each NOTIFY.  Prints one JSON object on stdout.
 *
 * Build (with MQTT):    gcc -O2 -Wall -o presload presload.c -DWITH_MQTT -lmosquitto
 * Build (without MQTT): gcc -O2 -Wall -o presload presload.c
 *
 * Clocks.  t0 is clock_gettime(CLOCK_REALTIME) immediately before the trigger
 * is handed to the kernel (or to libmosquitto).  The arrival time of a datagram
 * is the kernel's receive time stamp (SO_TIMESTAMPNS), also CLOCK_REALTIME, so
 * queueing inside this tool does not count against the server.  --user-ts takes
 * the time in user space after recvmmsg() instead.
 *
 * Matching a NOTIFY to its change.  Every change n puts the marker PLnnnnnnnn
 * (8 digits) where the template says {m}.  When a NOTIFY body holds "PL" and 8
 * digits, that is the change it reports, else (closed loop only) it is counted
 * for the change being waited for.  With markers the tool can also say that a
 * subscriber was told a newer state and then an older one ("went_back"), and
 * whether every subscriber was last told the last state ("final_wrong").
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef WITH_MQTT
#include <mosquitto.h>
#endif

#define BATCH 64
#define RXBUF 16384
#define NS 1000000000LL
#define MS 1000000LL

typedef int64_t i64;

/* ------------------------------------------------------------------ options */
static struct {
	char target[128]; struct sockaddr_in taddr;
	const char *domain;         /* host part of request URIs */
	const char *mode;
	int subs, exts, ext_start, sockets, users;
	const char *ext_tpl, *user_tpl, *ua, *event, *accept;
	char bind_ip[64]; int bind_port, spread;
	int expires, window, rounds, changes, batch;
	double rate, crate;
	int interval_ms, settle_ms, timeout_ms, sub_timeout_ms, duration_ms;
	int window_on;              /* 0 response, 1 both response and NOTIFY */
	const char *trigger;        /* publish|mqtt|tcp|pipe|cmd|none */
	const char *cmd, *pipe_cmd, *tcp, *tcp_init, *line;
	const char *mqtt, *mqtt_topic, *mqtt_payload, *mqtt_user, *mqtt_pass; int mqtt_qos, mqtt_retain, mqtt_echo;
	const char *body_file, *values;
	const char *auth;           /* user:pass, user may hold {u} */
	int prime, unsub, user_ts, verbose, retransmit, keep_etag;
	int mute_every; int mute_code;
	int rcvbuf;
	pid_t spid[16]; int nspid;
	const char *label; char hdrs[2048];
	const char *dump;
} o = {
	.mode = "fanout", .subs = 1, .exts = 1, .sockets = 1, .ext_tpl = "1{x:03}", .user_tpl = "w{i}",
	.ua = "Digium D70 2_9_21", .event = "presence", .accept = "application/pidf+xml",
	.bind_ip = "127.0.0.1", .expires = 3600, .window = 100, .rounds = 1, .changes = 10, .batch = 1,
	.interval_ms = 20, .settle_ms = 300, .timeout_ms = 10000, .sub_timeout_ms = 60000, .duration_ms = 10000,
	.trigger = "none", .values = "available|away|dnd|xa", .prime = -1, .unsub = 1, .retransmit = 1,
	.rcvbuf = 64 << 20, .label = "", .users = 0, .keep_etag = 1,
};

static const char HELP[] =
"presload - SIP presence load generator / NOTIFY latency meter (one thread, JSON on stdout)\n"
"\n"
"  presload --target 127.0.0.1:5060 --mode MODE [options]\n"
"\n"
"MODES\n"
"  latency     --subs defaults to 1; K changes one after the other, each waited for\n"
"  fanout      N subscribers, K changes one after the other; each change is waited for until\n"
"              all subscribers of the changed extension have been told (or --timeout)\n"
"  burst       open loop: K changes at --crate changes/s, not waited for; round robin over the\n"
"              extensions. Needs {m} in the payload and in the NOTIFY body. Reports coalesced\n"
"              NOTIFYs, went_back and final_wrong\n"
"  subscribe   subscribe storm only: N SUBSCRIBEs, --window outstanding (or --rate)\n"
"  refresh     subscribe, then --rounds refresh storms (in-dialog SUBSCRIBE)\n"
"  hold        subscribe, stay --duration ms, count NOTIFYs (trigger from elsewhere)\n"
"  Every mode subscribes first and reports that phase too (\"subscribe\").\n"
"\n"
"SUBSCRIPTIONS\n"
"  --subs N            number of subscriptions (dialogs)            [1]\n"
"  --exts M            number of different extensions/presentities  [1]; sub i watches i mod M\n"
"  --ext TPL           extension template, {x} = 0..M-1             [1{x:03}]\n"
"  --ext-start A       first value of {x}                           [0]\n"
"  --domain D          host part of the request URI                 [target]\n"
"  --user TPL          From user, {i} sub index {s} socket {u}=i mod --users   [w{i}]\n"
"  --users U           modulus for {u}\n"
"  --sockets S         UDP sockets; sub i uses i mod S              [1]\n"
"  --bind IP[:PORT]    local address                                [127.0.0.1, ephemeral]\n"
"  --spread            socket k binds IP+k (same port): each socket is a 'phone' of its own\n"
"  --event E --accept A --ua UA --expires SEC --header 'X: y' (repeatable)\n"
"  --auth USER:PASS    answer 401/407 digest challenges (MD5); USER may hold {u} {i}\n"
"  --window W          SUBSCRIBEs outstanding                       [100]\n"
"  --window-on response|both   a slot is freed by the final response, or by that and the NOTIFY\n"
"  --rate R            SUBSCRIBEs/s (0: only the window limits)\n"
"  --sub-timeout MS    give up the subscribe phase                  [60000]\n"
"  --no-retransmit     do not retransmit SUBSCRIBE/PUBLISH\n"
"  --no-unsubscribe    leave the subscriptions when done\n"
"\n"
"CHANGES\n"
"  --changes K --interval MS (pause after each change) --timeout MS (per change)\n"
"  --batch B           B extensions are changed back to back per step [1]\n"
"  --crate C           burst mode: changes per second\n"
"  --values 'a|b|c'    cycled per extension as {v}                  [available|away|dnd|xa]\n"
"  --trigger publish   SIP PUBLISH (SIP-If-Match kept), --body-file TPL (default: a Digium PIDF)\n"
"  --trigger mqtt      --mqtt HOST:PORT --mqtt-topic TPL --mqtt-payload TPL [--mqtt-qos Q]\n"
"                      [--mqtt-retain] [--mqtt-user U --mqtt-pass P]\n"
"                      [--mqtt-echo] also subscribe to the topic and report the broker hop\n"
"  --trigger tcp       --tcp HOST:PORT [--tcp-init STR] --line STR  (e.g. AMI; \\r\\n escapes)\n"
"  --trigger pipe      --pipe 'CMD' --line STR (a line to the stdin of a long-lived child)\n"
"  --trigger cmd       --trigger-cmd 'CMD' (fork+exec of /bin/sh -c; t0 is before the fork)\n"
"  --no-prime          do not set a first state before subscribing\n"
"  Templates: {e} extension {x} its number {v} value {n} change number {m} marker PLnnnnnnnn\n"
"             {i} sub {s} socket {u} user {d} domain; {x:03} pads with zeros. {{ is a brace.\n"
"             --mqtt-payload @FILE and --body-file read the template from a file.\n"
"\n"
"FAULTS\n"
"  --mute-every K      every K-th subscriber stops answering NOTIFYs once it has its first\n"
"  --mute-code C       ... answers C (for example 481) instead of silence\n"
"\n"
"MEASUREMENT\n"
"  --server-pid P[,P]  CPU (utime+stime) and PSS of these processes and all their children\n"
"  --user-ts           time of arrival taken in user space, not by the kernel\n"
"  --settle MS         wait after subscribing and after the last change  [300]\n"
"  --rcvbuf BYTES      SO_RCVBUFFORCE                                [64 MiB]\n"
"  --label TEXT        copied to the JSON\n"
"  --dump FILE         write every (change, sub, latency_us, arrival_unix_ns) as CSV\n"
"  --verbose\n"
"\n"
"JSON (times in microseconds): subscribe{accepted,failed,accepted_per_s,response_us{},first_notify_us{},\n"
"  all_notified_s}, refresh[], changes{notify_us{} over all NOTIFYs, first_us{} last_us{} over changes\n"
"  (trigger to the first/last subscriber), rate_first_to_last (NOTIFY/s), rate_t0_to_last, lost, late,\n"
"  coalesced, extra, went_back, final_wrong}, notify{received, retransmitted, reordered, cseq_gaps,\n"
"  terminated, no_body, unknown_dialog}, drops{own_socket, server_socket, udp_rcvbuf_errors},\n"
"  cpu{tool_s, server_s, server_us_per_notify, server_idle_pct}, memory{pss_before,after,per_sub},\n"
"  noise{other_cpu_pct (CPU of all other processes, 100 = one core), steal_pct, loadavg}\n"
"\n"
"EXAMPLES\n"
"  Kamailio:  presload --target 127.0.0.1:5060 --publish --mode fanout --subs 1000 --changes 10\n"
"  bridge:    presload --target 127.0.0.1:5060 --trigger mqtt --mqtt 127.0.0.1:1883 --mqtt-topic 'presence/{e}' \\\n"
"               --mqtt-payload '{{\"state\":\"{v}\",\"message\":\"{m}\"}}' --mode fanout --subs 1000 --changes 10\n"
"  Asterisk:  presload --target 127.0.0.1:5060 --trigger tcp --tcp 127.0.0.1:5038 \\\n"
"               --tcp-init 'Action: Login\\r\\nUsername: u\\r\\nSecret: s\\r\\nEvents: off\\r\\n\\r\\n' \\\n"
"               --line 'Action: Setvar\\r\\nVariable: PRESENCE_STATE(CustomPresence:{e})\\r\\nValue: {v},sub,{m}\\r\\n\\r\\n' ...\n";

/* ------------------------------------------------------------------ helpers */
static i64 now(void) { struct timespec t; clock_gettime(CLOCK_REALTIME, &t); return t.tv_sec * NS + t.tv_nsec; }
static void die(const char *f, ...) { va_list a; va_start(a, f); fprintf(stderr, "presload: "); vfprintf(stderr, f, a); fputc('\n', stderr); exit(2); }
static void logv(const char *f, ...) { if (!o.verbose) return; va_list a; va_start(a, f); vfprintf(stderr, f, a); fputc('\n', stderr); va_end(a); }

typedef struct { uint32_t *v; size_t n, cap; } vec;       /* latencies in 10 ns units */
static void vadd(vec *x, i64 ns) {
	if (ns < 0) ns = 0;
	if (ns / 10 > UINT32_MAX) ns = (i64)UINT32_MAX * 10;
	if (x->n == x->cap) { x->cap = x->cap ? x->cap * 2 : 1024; x->v = realloc(x->v, x->cap * 4); if (!x->v) die("memory"); }
	x->v[x->n++] = ns / 10;
}
static int cmp32(const void *a, const void *b) { uint32_t x = *(uint32_t *)a, y = *(uint32_t *)b; return x < y ? -1 : x > y; }
static void jvec(const char *name, vec *x) {
	printf("\"%s\":", name);
	if (!x->n) { printf("null"); return; }
	qsort(x->v, x->n, 4, cmp32);
	double s = 0; for (size_t i = 0; i < x->n; i++) s += x->v[i];
#define Q(p) (x->v[(size_t)((x->n - 1) * (p) + 0.5)] / 100.0)
	printf("{\"n\":%zu,\"min\":%.1f,\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f,\"mean\":%.1f}",
		x->n, Q(0), Q(.5), Q(.9), Q(.99), Q(.999), Q(1), s / x->n / 100);
#undef Q
}
static char *slurp(const char *f) {
	FILE *h = fopen(f, "r"); if (!h) die("cannot read %s", f);
	char *b = calloc(1, 65536); size_t n = fread(b, 1, 65535, h); b[n] = 0; fclose(h); return b;
}
static char *unescape(const char *s) {
	char *r = malloc(strlen(s) + 1), *p = r;
	for (; *s; s++) if (*s == '\\' && s[1]) { s++; *p++ = *s == 'n' ? '\n' : *s == 'r' ? '\r' : *s == 't' ? '\t' : *s; } else *p++ = *s;
	*p = 0; return r;
}

/* ----------------------------------------------------------------- templates */
typedef struct { long x, i, s, u, n; const char *e, *v; } tv;
static char **vals; static int nvals;
static int expand(char *out, int cap, const char *t, const tv *k) {
	int w = 0;
#define PUT(c) do { if (w < cap - 1) out[w++] = (c); } while (0)
	while (*t) {
		if (t[0] == '{' && t[1] == '{') { PUT('{'); t += 2; continue; }
		if (t[0] == '}' && t[1] == '}') { PUT('}'); t += 2; continue; }
		if (t[0] == '{' && strchr("exvnmisud", t[1]) && (t[2] == '}' || t[2] == ':')) {
			char c = t[1], b[256]; int pad = 0; const char *q = t + 2;
			if (*q == ':') { pad = atoi(q + 1); while (*q && *q != '}') q++; }
			switch (c) {
			case 'e': snprintf(b, sizeof b, "%s", k->e ? k->e : ""); break;
			case 'v': snprintf(b, sizeof b, "%s", k->v ? k->v : ""); break;
			case 'd': snprintf(b, sizeof b, "%s", o.domain); break;
			case 'm': snprintf(b, sizeof b, "PL%08ld", k->n); break;
			default: { long z = c == 'x' ? k->x : c == 'i' ? k->i : c == 's' ? k->s : c == 'u' ? k->u : k->n;
				snprintf(b, sizeof b, "%0*ld", pad ? pad : 1, z); } }
			for (char *p = b; *p; p++) PUT(*p);
			t = q + 1; continue;
		}
		PUT(*t++);
	}
	out[w] = 0; return w;
#undef PUT
}
/* the same shape as Asterisk's PIDF with the Digium supplement */
static const char PIDF[] =
"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
"<presence entity=\"sip:{e}@{d}\" xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:pp=\"urn:ietf:params:xml:ns:pidf:person\" xmlns:es=\"urn:ietf:params:xml:ns:pidf:rpid:status:rpid-status\" xmlns:ep=\"urn:ietf:params:xml:ns:pidf:rpid:rpid-person\">\r\n"
" <note>Ready</note>\r\n"
" <tuple id=\"{e}\">\r\n"
"  <contact priority=\"1\">sip:{e}@{d}</contact>\r\n"
"  <status>\r\n   <basic>open</basic>\r\n  </status>\r\n"
" </tuple>\r\n"
" <tuple id=\"digium-presence\">\r\n"
"  <status>\r\n   <digium_presence type=\"{v}\" subtype=\"In a meeting\">{m} back at noon</digium_presence>\r\n  </status>\r\n"
" </tuple>\r\n"
" <pp:person>\r\n  <status>\r\n   <ep:activities/>\r\n  </status>\r\n </pp:person>\r\n"
"</presence>\r\n";

/* ------------------------------------------------------------------ MD5 (RFC 1321), for digest */
static void md5(const uint8_t *d, size_t n, char *hex) {
	static const uint8_t r[64] = {7,12,17,22,7,12,17,22,7,12,17,22,7,12,17,22,5,9,14,20,5,9,14,20,5,9,14,20,5,9,14,20,
		4,11,16,23,4,11,16,23,4,11,16,23,4,11,16,23,6,10,15,21,6,10,15,21,6,10,15,21,6,10,15,21};
	static uint32_t k[64];
	if (!k[0]) { /* floor(2^32 * |sin(i+1)|) without libm: Taylor series is exact enough in long double */
		for (int i = 0; i < 64; i++) { long double x = i + 1, tp = 6.283185307179586476925286766559L;
			while (x > tp) x -= tp;
			long double t = x, s = x; for (int j = 1; j < 30; j++) { t *= -x * x / ((2 * j) * (2 * j + 1)); s += t; }
			if (s < 0) s = -s;
			k[i] = (uint32_t)(s * 4294967296.0L); } }
	uint32_t h[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
	size_t L = ((n + 8) / 64 + 1) * 64; uint8_t *m = calloc(1, L); memcpy(m, d, n); m[n] = 0x80;
	uint64_t bits = (uint64_t)n * 8; memcpy(m + L - 8, &bits, 8);
	for (size_t p = 0; p < L; p += 64) {
		uint32_t w[16], a = h[0], b = h[1], c = h[2], e = h[3]; memcpy(w, m + p, 64);
		for (int i = 0; i < 64; i++) { uint32_t f; int g;
			if (i < 16) { f = (b & c) | (~b & e); g = i; } else if (i < 32) { f = (e & b) | (~e & c); g = (5 * i + 1) & 15; }
			else if (i < 48) { f = b ^ c ^ e; g = (3 * i + 5) & 15; } else { f = c ^ (b | ~e); g = (7 * i) & 15; }
			uint32_t t = e; e = c; c = b; uint32_t x = a + f + k[i] + w[g]; b += (x << r[i]) | (x >> (32 - r[i])); a = t; }
		h[0] += a; h[1] += b; h[2] += c; h[3] += e; }
	free(m);
	for (int i = 0; i < 16; i++) sprintf(hex + 2 * i, "%02x", (h[i / 4] >> (8 * (i & 3))) & 255);
}
static void md5f(char *hex, const char *f, ...) { char b[2048]; va_list a; va_start(a, f); int n = vsnprintf(b, sizeof b, f, a); va_end(a); md5((uint8_t *)b, n, hex); }

/* ------------------------------------------------------------------ SIP parse */
typedef struct { const char *p; int n; } sv;
typedef struct {
	sv via[8]; int nvia; sv from, to, callid, cseq, contact, substate, etag, chal; int proxy;
	sv body; int code; sv method; int clen;
} msg;
static sv trim(const char *a, const char *b) { while (a < b && (*a == ' ' || *a == '\t')) a++; while (b > a && (b[-1] == '\r' || b[-1] == ' ')) b--; return (sv){a, (int)(b - a)}; }
static int hdr(const char *p, int n, const char *name) { return (int)strlen(name) == n && !strncasecmp(p, name, n); }
static int parse(const char *b, int n, msg *m) {
	memset(m, 0, sizeof *m); m->clen = -1;
	const char *e = b + n, *l = memchr(b, '\n', n);
	if (!l) return -1;
	if (n > 12 && !memcmp(b, "SIP/2.0 ", 8)) m->code = atoi(b + 8);
	else { const char *sp = memchr(b, ' ', l - b); if (!sp) return -1; m->method = (sv){b, (int)(sp - b)}; }
	const char *p = l + 1;
	while (p < e) {
		l = memchr(p, '\n', e - p); if (!l) return -1;
		if (l == p || (l == p + 1 && *p == '\r')) { m->body = (sv){l + 1, (int)(e - l - 1)}; break; }
		const char *c = memchr(p, ':', l - p);
		if (c) {
			const char *ne = c; while (ne > p && ne[-1] == ' ') ne--;
			int k = ne - p; sv v = trim(c + 1, l);
			switch (*p | 32) {
			case 'v': if (hdr(p, k, "Via") || k == 1) { if (m->nvia < 8) m->via[m->nvia++] = v; } break;
			case 'f': if (hdr(p, k, "From") || k == 1) m->from = v; break;
			case 't': if (hdr(p, k, "To") || k == 1) m->to = v; break;
			case 'i': if (k == 1) m->callid = v; break;
			case 'm': if (k == 1) m->contact = v; break;
			case 'l': if (k == 1) m->clen = atoi(v.p); break;
			case 'c': if (hdr(p, k, "Call-ID")) m->callid = v; else if (hdr(p, k, "CSeq")) m->cseq = v;
				else if (hdr(p, k, "Contact")) m->contact = v; else if (hdr(p, k, "Content-Length")) m->clen = atoi(v.p); break;
			case 's': if (hdr(p, k, "Subscription-State")) m->substate = v; else if (hdr(p, k, "SIP-ETag")) m->etag = v; break;
			case 'w': if (hdr(p, k, "WWW-Authenticate")) m->chal = v; break;
			case 'p': if (hdr(p, k, "Proxy-Authenticate")) { m->chal = v; m->proxy = 1; } break;
			}
		}
		p = l + 1;
	}
	if (m->clen >= 0 && m->clen < m->body.n) m->body.n = m->clen;
	return m->callid.n && m->cseq.n ? 0 : -1;
}
static int gettag(sv h, char *out, int cap) {
	for (int i = 0; i + 5 < h.n; i++) if (h.p[i] == ';' && !strncasecmp(h.p + i + 1, "tag=", 4)) {
		int j = i + 5, k = 0; while (j < h.n && h.p[j] != ';' && h.p[j] != '>' && h.p[j] != ' ' && k < cap - 1) out[k++] = h.p[j++];
		out[k] = 0; return k; }
	return 0;
}
static void geturi(sv h, char *out, int cap) {
	const char *a = memchr(h.p, '<', h.n); int n;
	if (a) { a++; const char *b = memchr(a, '>', h.p + h.n - a); n = b ? b - a : 0; }
	else { a = h.p; n = 0; while (n < h.n && a[n] != ';' && a[n] != ',') n++; }
	if (n >= cap) n = cap - 1;
	memcpy(out, a, n); out[n] = 0;
}

/* ------------------------------------------------------------------ state */
enum { S_IDLE, S_WAIT, S_OK, S_FAIL, S_GONE };
typedef struct {
	uint32_t cseq, rcseq; uint64_t seen;        /* own CSeq; highest NOTIFY CSeq and a bitmap of the 64 below */
	i64 t_tx, t_resp, t_not, t_retx; int rto;   /* of the current SUBSCRIBE */
	uint32_t ext, notifies, marker, first_seen; uint16_t sock; uint8_t st, authed, nonfy, mute, gone, cur; int exp;
	int code; char totag[72], contact[120]; char *auth;
} sub_t;
typedef struct { char name[48]; int v; char etag[96]; int pending, subs; long n; i64 t_retx; int rto, tries, plen; char *pkt; uint32_t last; } ext_t;
typedef struct { i64 t0, first, last; uint32_t ext, got; } chg_t;

static sub_t *S; static ext_t *E; static chg_t *C; static long nC, capC;
static int *fd; static struct sockaddr_in *laddr; static char (*lstr)[32]; static uint32_t *ovfl;
static int ep, ctl = -1; static char ctl_s[32];
static unsigned runid;
static int phase;                    /* 1 subscribe 2 refresh 3 changes 4 unsub */
static long cur_first, cur_last;     /* closed loop: change numbers (1..nC) waited for now */
static int closed_loop; static long need, got;
static i64 rx_last;
static struct { long notify, retrans, reorder, gaps, term, nobody, unknown, bad, sub_retx, pub_retx, late, extra, went_back, wrong_ext, err200, pub_fail, muted, marked, unmarked; } st;
static long sub_done, sub_ok, sub_fail, sub_notified; static int codes[700];
static vec v_resp, v_fn, v_lat, v_first, v_last, v_echo, v_rate, v_rate0;
static FILE *dumpf;

static void tvsub(tv *k, int i) { memset(k, 0, sizeof *k); k->i = i; k->s = S[i].sock; k->u = o.users ? i % o.users : i; k->x = o.ext_start + S[i].ext; k->e = E[S[i].ext].name; }

/* ------------------------------------------------------------------ sending */
static void put(int s, const char *b, int n) {
	for (;;) {
		if (sendto(s, b, n, 0, (void *)&o.taddr, sizeof o.taddr) >= 0) return;
		if (errno == EAGAIN || errno == ENOBUFS) { struct pollfd p = {s, POLLOUT, 0}; poll(&p, 1, 10); continue; }
		if (errno == ECONNREFUSED || errno == EINTR) continue;
		die("sendto: %s", strerror(errno));
	}
}
static void send_sub(int i, int expires, int retx) {
	sub_t *s = &S[i]; char b[4096], ru[256], user[96]; tv k; tvsub(&k, i);
	expand(user, sizeof user, o.user_tpl, &k);
	if (!retx) { s->cseq++; s->exp = expires; s->t_tx = now(); s->rto = 500; s->st = S_WAIT; s->t_resp = s->t_not = 0; s->nonfy = 1; s->code = 0; s->cur = 1; }
	else { st.sub_retx++; s->rto = s->rto * 2 > 4000 ? 4000 : s->rto * 2; }
	s->t_retx = now() + s->rto * MS;
	if (s->totag[0] && s->contact[0]) snprintf(ru, sizeof ru, "%s", s->contact);
	else snprintf(ru, sizeof ru, "sip:%s@%s", E[s->ext].name, o.domain);
	int n = snprintf(b, sizeof b,
		"SUBSCRIBE %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKpl%x.%d.%u;rport\r\nMax-Forwards: 70\r\n"
		"From: <sip:%s@%s>;tag=pl%x%d\r\nTo: <sip:%s@%s>%s%s\r\nCall-ID: pl%x.%d@presload\r\nCSeq: %u SUBSCRIBE\r\n"
		"Contact: <sip:%s@%s>\r\nEvent: %s\r\nAccept: %s\r\nExpires: %d\r\nUser-Agent: %s\r\n%s%sContent-Length: 0\r\n\r\n",
		ru, lstr[s->sock], runid, i, s->cseq, user, o.domain, runid, i, E[s->ext].name, o.domain,
		s->totag[0] ? ";tag=" : "", s->totag, runid, i, s->cseq, user, lstr[s->sock], o.event, o.accept, s->exp, o.ua, o.hdrs, s->auth ? s->auth : "");
	put(fd[s->sock], b, n);
}
static int sub_auth(int i, msg *m) {       /* answer a digest challenge; 1 if sent */
	sub_t *s = &S[i];
	if (!o.auth || s->authed >= 2) return 0;
	char realm[128] = "", nonce[256] = "", opaque[128] = "", qop[64] = "", user[96], up[128], ha1[33], ha2[33], rs[33], ru[256]; tv k; tvsub(&k, i);
	const struct { const char *n; char *d; int c; } f[] = {{"realm", realm, 128}, {"nonce", nonce, 256}, {"opaque", opaque, 128}, {"qop", qop, 64}};
	for (int j = 0; j < 4; j++) for (int z = 0; z + 3 < m->chal.n; z++) { int l = strlen(f[j].n);
		if ((z == 0 || strchr(" ,\t", m->chal.p[z - 1])) && !strncasecmp(m->chal.p + z, f[j].n, l) && m->chal.p[z + l] == '=') {
			int a = z + l + 1, q = m->chal.p[a] == '"', w = 0; a += q;
			while (a < m->chal.n && (q ? m->chal.p[a] != '"' : m->chal.p[a] != ',') && w < f[j].c - 1) f[j].d[w++] = m->chal.p[a++];
			f[j].d[w] = 0; break; } }
	expand(up, sizeof up, o.auth, &k); char *pw = strchr(up, ':'); if (!pw) return 0; *pw++ = 0; snprintf(user, sizeof user, "%s", up);
	if (s->totag[0] && s->contact[0]) snprintf(ru, sizeof ru, "%s", s->contact); else snprintf(ru, sizeof ru, "sip:%s@%s", E[s->ext].name, o.domain);
	md5f(ha1, "%s:%s:%s", user, realm, pw); md5f(ha2, "SUBSCRIBE:%s", ru);
	if (strstr(qop, "auth")) md5f(rs, "%s:%s:00000001:presload:auth:%s", ha1, nonce, ha2); else md5f(rs, "%s:%s:%s", ha1, nonce, ha2);
	char h[1200]; snprintf(h, sizeof h, "%s: Digest username=\"%s\", realm=\"%s\", nonce=\"%s\", uri=\"%s\", response=\"%s\", algorithm=MD5%s%s%s%s\r\n",
		m->proxy ? "Proxy-Authorization" : "Authorization", user, realm, nonce, ru, rs,
		strstr(qop, "auth") ? ", qop=auth, nc=00000001, cnonce=\"presload\"" : "", opaque[0] ? ", opaque=\"" : "", opaque, opaque[0] ? "\"" : "");
	free(s->auth); s->auth = strdup(h); s->authed++;
	i64 t = s->t_tx; send_sub(i, s->exp, 0); s->t_tx = t; free(s->auth); s->auth = NULL;
	return 1;
}

/* ------------------------------------------------------------------ triggers */
static char *body_tpl; static int tcpfd = -1, pipefd = -1;
#ifdef WITH_MQTT
static struct mosquitto *mq; static char *mqpl; static int mq_up; static long mq_acked;
static void mq_conn(struct mosquitto *m, void *u, int rc) { (void)m; (void)u; if (rc) die("mqtt connect: %d", rc); mq_up = 1; }
static void mq_pub(struct mosquitto *m, void *u, int mid) { (void)m; (void)u; (void)mid; mq_acked++; }
static long find_marker(const char *p, int n);
static void mq_msg(struct mosquitto *m, void *u, const struct mosquitto_message *x) { (void)m; (void)u; i64 t = now();
	long n = find_marker(x->payload, x->payloadlen); if (n > 0 && n <= nC) vadd(&v_echo, t - C[n - 1].t0); }
static void mq_pump(int rd) { if (rd) mosquitto_loop_read(mq, 64); if (mosquitto_want_write(mq)) mosquitto_loop_write(mq, 64);
	static i64 last; i64 t = now(); if (t - last > NS) { last = t; mosquitto_loop_misc(mq); } }
#endif
static void publish(ext_t *x, const tv *k, int exp) {   /* exp 0 withdraws the publication */
	char body[8192], b[12288]; int bl = exp ? expand(body, sizeof body, body_tpl, k) : (body[0] = 0); static unsigned seq; seq++;
	int n = snprintf(b, sizeof b, "PUBLISH sip:%s@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKpb%x.%u;rport\r\nMax-Forwards: 70\r\n"
		"From: <sip:%s@%s>;tag=pb%x\r\nTo: <sip:%s@%s>\r\nCall-ID: pb%x.%ld.%u@presload\r\nCSeq: 1 PUBLISH\r\nEvent: %s\r\nExpires: %d\r\n%s%s%s"
		"%sContent-Length: %d\r\n\r\n%s", x->name, o.domain, ctl_s, runid, seq, x->name, o.domain, runid, x->name, o.domain,
		runid, (long)(x - E), seq, o.event, exp, x->etag[0] && o.keep_etag ? "SIP-If-Match: " : "", o.keep_etag ? x->etag : "", x->etag[0] && o.keep_etag ? "\r\n" : "", exp ? "Content-Type: application/pidf+xml\r\n" : "", bl, body);
	free(x->pkt); x->pkt = malloc(n); memcpy(x->pkt, b, n); x->plen = n; x->pending = 1; x->rto = 500; x->tries = 0;
	if (k->n > 0) C[k->n - 1].t0 = now();
	put(ctl, b, n); x->t_retx = now() + 500 * MS;
}
static void wr(int f, const char *b, int n) { while (n > 0) { int r = write(f, b, n); if (r < 0) { if (errno == EAGAIN) { struct pollfd p = {f, POLLOUT, 0}; poll(&p, 1, 100); continue; } die("trigger write: %s", strerror(errno)); } b += r; n -= r; } }
/* n = change number, 0 = priming */
static void trigger(int ei, long n) {
	ext_t *x = &E[ei]; tv k = {0}; k.x = o.ext_start + ei; k.e = x->name; k.n = n; k.v = vals[x->v++ % nvals];
	if (n > 0) {
		if (n > capC) { capC = capC ? capC * 2 : 256; C = realloc(C, capC * sizeof *C); }
		C[n - 1] = (chg_t){now(), 0, 0, ei, 0}; nC = n; x->last = n;
	}
	if (!strcmp(o.trigger, "publish")) publish(x, &k, 3600);
#ifdef WITH_MQTT
	else if (!strcmp(o.trigger, "mqtt")) { char t[512], p[8192]; expand(t, sizeof t, o.mqtt_topic, &k); int l = expand(p, sizeof p, mqpl, &k);
		if (n > 0) C[n - 1].t0 = now();
		int r = mosquitto_publish(mq, NULL, t, l, p, o.mqtt_qos, o.mqtt_retain); if (r) die("mosquitto_publish: %s", mosquitto_strerror(r)); mq_pump(0); }
#endif
	else if (!strcmp(o.trigger, "tcp") || !strcmp(o.trigger, "pipe")) { char l[8192]; int z = expand(l, sizeof l, o.line, &k);
		if (n > 0) C[n - 1].t0 = now();
		wr(tcpfd >= 0 ? tcpfd : pipefd, l, z); }
	else if (!strcmp(o.trigger, "cmd")) { char l[8192]; expand(l, sizeof l, o.cmd, &k); if (n > 0) C[n - 1].t0 = now();
		pid_t p = vfork(); if (!p) { execl("/bin/sh", "sh", "-c", l, (char *)0); _exit(127); } }
}

/* ------------------------------------------------------------------ receiving */
static long find_marker(const char *p, int n) {
	const char *e = p + n;
	while (p + 10 <= e && (p = memchr(p, 'P', e - p - 9))) {
		if (p[1] == 'L') { long v = 0; int i; for (i = 2; i < 10; i++) { if (p[i] < '0' || p[i] > '9') break; v = v * 10 + p[i] - '0'; } if (i == 10) return v; }
		p++;
	}
	return -1;
}
static int reply(char *b, int cap, msg *m, int code) {
	int n = snprintf(b, cap, "SIP/2.0 %d %s\r\n", code, code == 200 ? "OK" : code == 481 ? "Subscription Does Not Exist" : "X");
	for (int i = 0; i < m->nvia; i++) n += snprintf(b + n, cap - n, "Via: %.*s\r\n", m->via[i].n, m->via[i].p);
	n += snprintf(b + n, cap - n, "From: %.*s\r\nTo: %.*s\r\nCall-ID: %.*s\r\nCSeq: %.*s\r\nUser-Agent: %s\r\nContent-Length: 0\r\n\r\n",
		m->from.n, m->from.p, m->to.n, m->to.p, m->callid.n, m->callid.p, m->cseq.n, m->cseq.p, o.ua);
	return n;
}
static void account(long n, sub_t *s, i64 ts) {
	chg_t *c = &C[n - 1]; i64 d = ts - c->t0;
	vadd(&v_lat, d); c->got++;
	if (!c->first || ts < c->first) c->first = ts;
	if (ts > c->last) c->last = ts;
	if (dumpf) fprintf(dumpf, "%ld,%ld,%.1f,%lld\n", n, (long)(s - S), d / 1000.0, (long long)ts);
	if (n >= cur_first && n <= cur_last) got++; else if (closed_loop) st.late++;
}
/* returns the code to answer, 0 = stay silent */
static int on_notify(msg *m, i64 ts) {
	char cid[64]; unsigned r; int i;
	if (m->callid.n > 60) { st.unknown++; return 481; }
	memcpy(cid, m->callid.p, m->callid.n); cid[m->callid.n] = 0;
	if (sscanf(cid, "pl%x.%d@", &r, &i) != 2 || r != runid || i < 0 || i >= o.subs) { st.unknown++; return 481; }
	sub_t *s = &S[i]; uint32_t cs = strtoul(m->cseq.p, 0, 10);
	int silent = s->mute && s->notifies > 0;
	if (s->notifies) {
		if (cs > s->rcseq) { uint32_t g = cs - s->rcseq; st.gaps += g - 1; s->seen = g < 64 ? (s->seen << g) | 1 : 1; s->rcseq = cs; }
		else { uint32_t g = s->rcseq - cs; if (g < 64 && (s->seen >> g & 1)) { st.retrans++; if (silent) { st.muted++; return o.mute_code; } return 200; }
			st.reorder++; st.gaps--; if (g < 64) s->seen |= 1ULL << g; }
	} else { s->rcseq = cs; s->seen = 1; }
	s->notifies++; st.notify++; rx_last = ts;
	if (!s->totag[0]) gettag(m->from, s->totag, sizeof s->totag);
	int term = m->substate.n >= 10 && !strncasecmp(m->substate.p, "terminated", 10);
	if (term) { st.term++; s->gone = 1; }
	if (!m->body.n && !term) st.nobody++;
	if (s->nonfy && phase != 3) { s->t_not = ts; s->nonfy = 0; sub_notified++; vadd(&v_fn, ts - s->t_tx); }
	if (phase == 3 && m->body.n) {
		long n = find_marker(m->body.p, m->body.n);
		if (n >= 0) st.marked++; else st.unmarked++;
		if (n > 0 && n <= nC) {
			if (C[n - 1].ext != s->ext) st.wrong_ext++;
			else if (n == s->marker) st.extra++;
			else if (n < s->marker) { st.went_back++; s->cur = 0; account(n, s, ts); s->marker = n; }
			else { s->marker = n; account(n, s, ts); }
		} else if (n < 0 && closed_loop && cur_first) {
			for (long z = cur_first; z <= cur_last; z++) if (C[z - 1].ext == s->ext) { if (s->marker == z) st.extra++; else { s->marker = z; account(z, s, ts); } break; }
		}
	}
	if (silent) { st.muted++; return o.mute_code; }
	return 200;
}
static void on_response(msg *m, i64 ts) {
	char cid[64]; unsigned r; int i; long e; unsigned q;
	if (m->callid.n > 60 || m->code < 200) return;
	memcpy(cid, m->callid.p, m->callid.n); cid[m->callid.n] = 0;
	if (sscanf(cid, "pb%x.%ld.%u@", &r, &e, &q) == 3 && r == runid && e >= 0 && e < o.exts) {
		if (!E[e].pending) return;
		E[e].pending = 0;
		if (m->code >= 300) { st.pub_fail++; E[e].etag[0] = 0; logv("PUBLISH %d", m->code); }
		else if (m->etag.n && m->etag.n < 96) { memcpy(E[e].etag, m->etag.p, m->etag.n); E[e].etag[m->etag.n] = 0; }
		return;
	}
	if (sscanf(cid, "pl%x.%d@", &r, &i) != 2 || r != runid || i < 0 || i >= o.subs) { st.unknown++; return; }
	sub_t *s = &S[i]; if (s->st != S_WAIT || strtoul(m->cseq.p, 0, 10) != s->cseq) return;
	if ((m->code == 401 || m->code == 407) && m->chal.n && sub_auth(i, m)) return;
	s->code = m->code; s->t_resp = ts; sub_done++; if (m->code < 700) codes[m->code]++;
	if (m->code < 300) { s->st = s->exp ? S_OK : S_GONE; sub_ok++; s->authed = 0; vadd(&v_resp, ts - s->t_tx);
		gettag(m->to, s->totag, sizeof s->totag); if (m->contact.n) geturi(m->contact, s->contact, sizeof s->contact); }
	else { s->st = S_FAIL; sub_fail++; }
}
static char rxb[BATCH][RXBUF], txb[BATCH][4096], cbuf[BATCH][128];
static void rx(int f, int idx) {
	for (;;) {
		struct mmsghdr mm[BATCH], tm[BATCH]; struct iovec iv[BATCH], ti[BATCH]; struct sockaddr_in a[BATCH]; int nt = 0;
		for (int i = 0; i < BATCH; i++) { iv[i] = (struct iovec){rxb[i], RXBUF - 1}; mm[i].msg_hdr = (struct msghdr){&a[i], sizeof a[i], &iv[i], 1, cbuf[i], 128, 0}; }
		int n = recvmmsg(f, mm, BATCH, MSG_DONTWAIT, NULL);
		if (n <= 0) return;
		i64 un = now();
		for (int i = 0; i < n; i++) {
			i64 ts = un;
			for (struct cmsghdr *c = CMSG_FIRSTHDR(&mm[i].msg_hdr); c; c = CMSG_NXTHDR(&mm[i].msg_hdr, c)) {
				if (c->cmsg_level != SOL_SOCKET) continue;
				if (c->cmsg_type == SCM_TIMESTAMPNS && !o.user_ts) { struct timespec t; memcpy(&t, CMSG_DATA(c), sizeof t); ts = t.tv_sec * NS + t.tv_nsec; }
				if (c->cmsg_type == SO_RXQ_OVFL && idx >= 0) memcpy(&ovfl[idx], CMSG_DATA(c), 4);
			}
			int l = mm[i].msg_len; msg m; rxb[i][l] = 0;
			if (l < 20) continue;      /* keep-alive */
			if (parse(rxb[i], l, &m)) { st.bad++; continue; }
			if (m.code) { on_response(&m, ts); continue; }
			int code = 200;
			if (m.method.n == 6 && !memcmp(m.method.p, "NOTIFY", 6)) code = on_notify(&m, ts);
			else if (m.method.n == 3 && !memcmp(m.method.p, "ACK", 3)) code = 0;
			if (code) { int k = reply(txb[nt], sizeof txb[nt], &m, code); ti[nt] = (struct iovec){txb[nt], k}; tm[nt].msg_hdr = (struct msghdr){&a[i], sizeof a[i], &ti[nt], 1, 0, 0, 0}; nt++; }
		}
		for (int k = 0; k < nt;) { int w = sendmmsg(f, tm + k, nt - k, 0);
			if (w < 0) { if (errno == EAGAIN || errno == ENOBUFS) { struct pollfd p = {f, POLLOUT, 0}; poll(&p, 1, 10); continue; } if (errno == ECONNREFUSED || errno == EINTR) continue; st.err200++; break; }
			k += w; }
		if (n < BATCH) return;
	}
}
static i64 next_scan;
static void pump(i64 ns) {          /* one turn of the loop, waiting at most ns */
	struct epoll_event ev[64]; i64 t = now();
	if (ns < 0) ns = 0;
	if (next_scan > t && next_scan - t < ns) ns = next_scan - t; else if (next_scan <= t) ns = 0;
	struct timespec ts = {ns / NS, ns % NS};
	int n = epoll_pwait2(ep, ev, 64, &ts, NULL);
	for (int i = 0; i < n; i++) {
		int d = ev[i].data.u32;
		if (d < 1000000) rx(fd[d], d);
		else if (d == 1000000) rx(ctl, -1);
#ifdef WITH_MQTT
		else if (d == 1000001) mq_pump(1);
#endif
		else if (d == 1000002) { char b[65536]; int r = read(tcpfd, b, sizeof b); if (r == 0) die("the TCP trigger's peer closed"); if (o.verbose > 1 && r > 0) fwrite(b, 1, r, stderr); }
	}
	t = now();
	if (t >= next_scan) {            /* retransmissions, every 100 ms */
		next_scan = t + 100 * MS;
		if (o.retransmit) {
			if (phase != 3) for (int i = 0; i < o.subs; i++) if (S[i].st == S_WAIT && t >= S[i].t_retx) {
				if (t - S[i].t_tx > 32 * NS) { S[i].st = S_FAIL; sub_done++; sub_fail++; codes[0]++; } else send_sub(i, S[i].exp, 1); }
			if (ctl >= 0) for (int i = 0; i < o.exts; i++) if (E[i].pending && t >= E[i].t_retx) {
				if (++E[i].tries > 10) { E[i].pending = 0; st.pub_fail++; E[i].etag[0] = 0; continue; }
				st.pub_retx++; E[i].rto = E[i].rto * 2 > 4000 ? 4000 : E[i].rto * 2; E[i].t_retx = t + E[i].rto * MS; put(ctl, E[i].pkt, E[i].plen); }
		}
#ifdef WITH_MQTT
		if (mq) mq_pump(0);
#endif
		while (waitpid(-1, NULL, WNOHANG) > 0) ;
	}
}
static void pump_for(i64 ns) { i64 e = now() + ns; while (now() < e) pump(e - now()); }

/* ------------------------------------------------------------------ CPU and memory of the server */
static pid_t tree[4096]; static int ntree;
static void find_tree(void) {
	ntree = 0; for (int i = 0; i < o.nspid; i++) tree[ntree++] = o.spid[i];
	if (!ntree) return;
	struct { pid_t p, pp; } *all = malloc(sizeof *all * 65536); int na = 0;
	DIR *d = opendir("/proc"); struct dirent *x;
	while (d && (x = readdir(d))) if (isdigit(x->d_name[0])) { char f[64], b[1024]; snprintf(f, 64, "/proc/%.20s/stat", x->d_name); FILE *h = fopen(f, "r"); if (!h) continue;
		int n = fread(b, 1, 1023, h); b[n > 0 ? n : 0] = 0; fclose(h); char *q = strrchr(b, ')'); int pp; if (q && sscanf(q + 2, "%*c %d", &pp) == 1 && na < 65536) { all[na].p = atoi(b); all[na++].pp = pp; } }
	if (d) closedir(d);
	for (int i = 0; i < ntree; i++) for (int j = 0; j < na; j++) if (all[j].pp == tree[i]) { int dup = 0; for (int k = 0; k < ntree; k++) dup |= tree[k] == all[j].p; if (!dup && ntree < 4096) tree[ntree++] = all[j].p; }
	free(all);
}
static double server_cpu(void) {
	double s = 0; long hz = sysconf(_SC_CLK_TCK);
	for (int i = 0; i < ntree; i++) { char f[64], b[1024]; snprintf(f, 64, "/proc/%d/stat", tree[i]); FILE *h = fopen(f, "r"); if (!h) continue;
		int n = fread(b, 1, 1023, h); b[n > 0 ? n : 0] = 0; fclose(h); char *q = strrchr(b, ')'); unsigned long u, k; if (q && sscanf(q + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &u, &k) == 2) s += (double)(u + k) / hz; }
	return s;
}
static double server_pss(void) {   /* bytes */
	double s = 0; for (int i = 0; i < ntree; i++) { char f[64], l[256]; snprintf(f, 64, "/proc/%d/smaps_rollup", tree[i]); FILE *h = fopen(f, "r"); if (!h) continue;
		long kb; while (fgets(l, sizeof l, h)) if (sscanf(l, "Pss: %ld kB", &kb) == 1) { s += kb * 1024.0; break; }
		fclose(h); }
	return s;
}
static double own_cpu(void) { struct rusage r; getrusage(RUSAGE_SELF, &r); return r.ru_utime.tv_sec + r.ru_stime.tv_sec + (r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6; }
static long server_drops(void) {
	FILE *h = fopen("/proc/net/udp", "r"); char l[512]; long s = 0; if (!h) return -1;
	while (fgets(l, sizeof l, h)) { unsigned a, p; if (sscanf(l, " %*d: %x:%x", &a, &p) == 2 && p == ntohs(o.taddr.sin_port) && (a == o.taddr.sin_addr.s_addr || a == 0)) { char *q = l + strlen(l); while (q > l && (q[-1] == '\n' || q[-1] == ' ')) *--q = 0; q = strrchr(l, ' '); if (q) s += atol(q); } }
	fclose(h); return s;
}
static long rcvbuf_errors(void) { FILE *h = fopen("/proc/net/snmp", "r"); char l[1024]; int k = 0; long v = -1; if (!h) return -1;
	while (fgets(l, sizeof l, h)) if (!strncmp(l, "Udp:", 4) && k++ == 1) sscanf(l, "Udp: %*d %*d %*d %*d %ld", &v);
	fclose(h); return v; }

/* what the rest of the machine did meanwhile: v[0] busy, v[1] steal, in CPU seconds */
static void machine(double v[2]) { unsigned long a[8] = {0}; FILE *h = fopen("/proc/stat", "r"); double hz = sysconf(_SC_CLK_TCK); v[0] = v[1] = 0; if (!h) return;
	if (fscanf(h, "cpu %lu %lu %lu %lu %lu %lu %lu %lu", a, a + 1, a + 2, a + 3, a + 4, a + 5, a + 6, a + 7) == 8) { v[0] = (a[0] + a[1] + a[2] + a[5] + a[6]) / hz; v[1] = a[7] / hz; } fclose(h); }

/* ------------------------------------------------------------------ phases */
typedef struct { double secs, cpu_t, cpu_s, all_s; long ok, fail, notified, retx; vec resp, fn; } storm_t;
static storm_t storm(int kind) {   /* 1 subscribe 2 refresh 4 unsubscribe */
	storm_t r = {0}; int next = 0, N = o.subs, sent = 0; phase = kind;
	sub_done = sub_ok = sub_fail = sub_notified = 0; v_resp = v_fn = (vec){0}; memset(codes, 0, sizeof codes); long rt0 = st.sub_retx;
	double c0 = own_cpu(), s0 = server_cpu(); i64 t0 = now(), end = t0 + o.sub_timeout_ms * MS, tdone = 0;
	while (now() < end) {
		i64 wait = 50 * MS;
		while (next < N) {
			long inflight = sent - (o.window_on ? (sub_done < sub_notified + sub_fail ? sub_done : sub_notified + sub_fail) : sub_done);
			if (inflight >= o.window) break;
			if (o.rate > 0 && kind != 4) { i64 due = t0 + (i64)(sent * 1e9 / o.rate); i64 d = due - now(); if (d > 0) { if (d < wait) wait = d; break; } }
			if (kind != 1 && S[next].st != S_OK) { next++; continue; }
			send_sub(next++, kind == 4 ? 0 : o.expires, 0); sent++;
			if ((sent & 15) == 0) pump(0);
		}
		if (next >= N && sub_done >= sent && !tdone) tdone = now();
		if (next >= N && sub_done >= sent && sub_notified + sub_fail >= sent) break;
		pump(wait);
	}
	i64 last_resp = 0, last_not = 0; for (int i = 0; i < N; i++) { if (S[i].t_resp > last_resp) last_resp = S[i].t_resp; if (S[i].t_not > last_not) last_not = S[i].t_not; }
	r.secs = ((last_resp ? last_resp : now()) - t0) / 1e9; r.all_s = last_not ? (last_not - t0) / 1e9 : -1; r.ok = sub_ok; r.fail = sub_fail + (sent - sub_done); r.notified = sub_notified; r.retx = st.sub_retx - rt0;
	pump_for((kind == 4 ? 50 : o.settle_ms) * MS);
	r.cpu_t = own_cpu() - c0; r.cpu_s = server_cpu() - s0; r.resp = v_resp; r.fn = v_fn; phase = 0;
	return r;
}
static void jstorm(const char *name, storm_t *r) {
	if (name) printf("\"%s\":", name);
	printf("{\"accepted\":%ld,\"failed\":%ld,\"notified\":%ld,\"secs\":%.4f,\"accepted_per_s\":%.0f,\"all_notified_s\":%.4f,\"notified_per_s\":%.0f,\"retransmits_sent\":%ld,\"cpu_tool_s\":%.3f,\"cpu_server_s\":%.3f,\"server_us_per_sub\":%.1f,",
		r->ok, r->fail, r->notified, r->secs, r->secs > 0 ? r->ok / r->secs : 0, r->all_s, r->all_s > 0 ? r->notified / r->all_s : 0, r->retx, r->cpu_t, r->cpu_s, r->ok ? r->cpu_s * 1e6 / r->ok : 0);
	jvec("response_us", &r->resp); printf(","); jvec("first_notify_us", &r->fn); printf("}");
}
static int mksock(struct in_addr ip, int port, char *out) {
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); if (s < 0) die("socket: %s", strerror(errno));
	int one = 1; struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = ip}; socklen_t l = sizeof a;
	if (bind(s, (void *)&a, sizeof a)) die("bind %s:%d: %s", inet_ntoa(ip), port, strerror(errno));
	if (setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &o.rcvbuf, 4)) setsockopt(s, SOL_SOCKET, SO_RCVBUF, &o.rcvbuf, 4);
	int snd = 8 << 20; if (setsockopt(s, SOL_SOCKET, SO_SNDBUFFORCE, &snd, 4)) setsockopt(s, SOL_SOCKET, SO_SNDBUF, &snd, 4);
	setsockopt(s, SOL_SOCKET, SO_TIMESTAMPNS, &one, 4); setsockopt(s, SOL_SOCKET, SO_RXQ_OVFL, &one, 4);
	getsockname(s, (void *)&a, &l); snprintf(out, 32, "%s:%d", inet_ntoa(a.sin_addr), ntohs(a.sin_port)); return s;
}
static void hostport(const char *s, struct sockaddr_in *a, int dport) {
	char h[128]; snprintf(h, sizeof h, "%s", s); char *c = strrchr(h, ':'); int p = dport; if (c) { *c = 0; p = atoi(c + 1); }
	struct addrinfo hi = {.ai_family = AF_INET}, *r; if (getaddrinfo(h, NULL, &hi, &r)) die("cannot resolve %s", h);
	*a = *(struct sockaddr_in *)r->ai_addr; a->sin_port = htons(p); freeaddrinfo(r);
}
static void add_ep(int f, uint32_t id) { struct epoll_event e = {.events = EPOLLIN, .data.u32 = id}; if (epoll_ctl(ep, EPOLL_CTL_ADD, f, &e)) die("epoll_ctl: %s", strerror(errno)); }

int main(int argc, char **argv) {
	enum { O_ = 256, TARGET, MODE, SUBS, EXTS, EXT, EXTSTART, DOMAIN, USER, USERS, SOCKETS, BIND, SPREAD, EVENT, ACCEPT, UA, EXPIRES, HEADER, AUTH, WINDOW, WON, RATE, SUBTO, NORETX, NOUNSUB,
		CHANGES, INTERVAL, TIMEOUT, BATCHN, CRATE, VALUES, TRIGGER, BODYFILE, MQTT, MTOPIC, MPAYLOAD, MQOS, MRETAIN, MUSER, MPASS, MECHO, TCP, TCPINIT, LINE, PIPE, CMD, NOPRIME, MUTE, MUTECODE,
		SPID, USERTS, SETTLE, RCVBUF, LABEL, DUMP, VERBOSE, HELPO, ROUNDS, DURATION, NOETAG, PUBLISH };
	static const struct option L[] = {
		{"target", 1, 0, TARGET}, {"mode", 1, 0, MODE}, {"subs", 1, 0, SUBS}, {"exts", 1, 0, EXTS}, {"ext", 1, 0, EXT}, {"ext-start", 1, 0, EXTSTART}, {"domain", 1, 0, DOMAIN}, {"user", 1, 0, USER}, {"users", 1, 0, USERS},
		{"sockets", 1, 0, SOCKETS}, {"bind", 1, 0, BIND}, {"spread", 0, 0, SPREAD}, {"event", 1, 0, EVENT}, {"accept", 1, 0, ACCEPT}, {"ua", 1, 0, UA}, {"expires", 1, 0, EXPIRES}, {"header", 1, 0, HEADER}, {"auth", 1, 0, AUTH},
		{"window", 1, 0, WINDOW}, {"window-on", 1, 0, WON}, {"rate", 1, 0, RATE}, {"sub-timeout", 1, 0, SUBTO}, {"no-retransmit", 0, 0, NORETX}, {"no-unsubscribe", 0, 0, NOUNSUB}, {"changes", 1, 0, CHANGES}, {"interval", 1, 0, INTERVAL},
		{"timeout", 1, 0, TIMEOUT}, {"batch", 1, 0, BATCHN}, {"crate", 1, 0, CRATE}, {"values", 1, 0, VALUES}, {"trigger", 1, 0, TRIGGER}, {"publish", 0, 0, PUBLISH}, {"body-file", 1, 0, BODYFILE}, {"mqtt", 1, 0, MQTT}, {"mqtt-topic", 1, 0, MTOPIC}, {"mqtt-payload", 1, 0, MPAYLOAD},
		{"mqtt-qos", 1, 0, MQOS}, {"mqtt-retain", 0, 0, MRETAIN}, {"mqtt-user", 1, 0, MUSER}, {"mqtt-pass", 1, 0, MPASS}, {"mqtt-echo", 0, 0, MECHO}, {"tcp", 1, 0, TCP}, {"tcp-init", 1, 0, TCPINIT}, {"line", 1, 0, LINE}, {"pipe", 1, 0, PIPE},
		{"trigger-cmd", 1, 0, CMD}, {"no-prime", 0, 0, NOPRIME}, {"mute-every", 1, 0, MUTE}, {"mute-code", 1, 0, MUTECODE}, {"server-pid", 1, 0, SPID}, {"user-ts", 0, 0, USERTS}, {"settle", 1, 0, SETTLE}, {"rcvbuf", 1, 0, RCVBUF}, {"label", 1, 0, LABEL},
		{"dump", 1, 0, DUMP}, {"verbose", 0, 0, VERBOSE}, {"help", 0, 0, HELPO}, {"rounds", 1, 0, ROUNDS}, {"duration", 1, 0, DURATION}, {"no-etag", 0, 0, NOETAG}, {0, 0, 0, 0}};
	int c; int subs_set = 0, won_set = 0;
	while ((c = getopt_long(argc, argv, "hv", L, NULL)) != -1) switch (c) {
		case TARGET: snprintf(o.target, sizeof o.target, "%s", optarg); break; case MODE: o.mode = optarg; break; case SUBS: o.subs = atoi(optarg); subs_set = 1; break; case EXTS: o.exts = atoi(optarg); break;
		case EXT: o.ext_tpl = optarg; break; case EXTSTART: o.ext_start = atoi(optarg); break; case DOMAIN: o.domain = optarg; break; case USER: o.user_tpl = optarg; break; case USERS: o.users = atoi(optarg); break;
		case SOCKETS: o.sockets = atoi(optarg); break; case BIND: { snprintf(o.bind_ip, sizeof o.bind_ip, "%s", optarg); char *p = strchr(o.bind_ip, ':'); if (p) { *p = 0; o.bind_port = atoi(p + 1); } break; }
		case SPREAD: o.spread = 1; break; case EVENT: o.event = optarg; break; case ACCEPT: o.accept = optarg; break; case UA: o.ua = optarg; break; case EXPIRES: o.expires = atoi(optarg); break;
		case HEADER: snprintf(o.hdrs + strlen(o.hdrs), sizeof o.hdrs - strlen(o.hdrs), "%s\r\n", optarg); break; case AUTH: o.auth = optarg; break; case WINDOW: o.window = atoi(optarg); break;
		case WON: o.window_on = !strcmp(optarg, "both"); won_set = 1; break; case RATE: o.rate = atof(optarg); break; case SUBTO: o.sub_timeout_ms = atoi(optarg); break; case NORETX: o.retransmit = 0; break; case NOUNSUB: o.unsub = 0; break;
		case CHANGES: o.changes = atoi(optarg); break; case INTERVAL: o.interval_ms = atoi(optarg); break; case TIMEOUT: o.timeout_ms = atoi(optarg); break; case BATCHN: o.batch = atoi(optarg); break; case CRATE: o.crate = atof(optarg); break;
		case VALUES: o.values = optarg; break; case TRIGGER: o.trigger = optarg; break; case PUBLISH: o.trigger = "publish"; break; case BODYFILE: o.body_file = optarg; break; case MQTT: o.mqtt = optarg; break; case MTOPIC: o.mqtt_topic = optarg; break;
		case MPAYLOAD: o.mqtt_payload = optarg; break; case MQOS: o.mqtt_qos = atoi(optarg); break; case MRETAIN: o.mqtt_retain = 1; break; case MUSER: o.mqtt_user = optarg; break; case MPASS: o.mqtt_pass = optarg; break; case MECHO: o.mqtt_echo = 1; break;
		case TCP: o.tcp = optarg; break; case TCPINIT: o.tcp_init = unescape(optarg); break; case LINE: o.line = unescape(optarg); break; case PIPE: o.pipe_cmd = optarg; break; case CMD: o.cmd = optarg; o.trigger = "cmd"; break; case NOPRIME: o.prime = 0; break;
		case MUTE: o.mute_every = atoi(optarg); break; case MUTECODE: o.mute_code = atoi(optarg); break; case SPID: { char *s = strdup(optarg), *p; while ((p = strsep(&s, ", "))) if (*p && o.nspid < 16) o.spid[o.nspid++] = atoi(p); break; }
		case USERTS: o.user_ts = 1; break; case SETTLE: o.settle_ms = atoi(optarg); break; case RCVBUF: o.rcvbuf = atoi(optarg); break; case LABEL: o.label = optarg; break; case DUMP: o.dump = optarg; break; case VERBOSE: case 'v': o.verbose++; break;
		case ROUNDS: o.rounds = atoi(optarg); break; case DURATION: o.duration_ms = atoi(optarg); break; case NOETAG: o.keep_etag = 0; break;
		case HELPO: case 'h': fputs(HELP, stdout); return 0; default: fprintf(stderr, "try --help\n"); return 2; }
	if (!o.target[0]) { fputs(HELP, stderr); return 2; }
	(void)subs_set; (void)won_set;
	hostport(o.target, &o.taddr, 5060); if (!o.domain) { char *d = malloc(32); snprintf(d, 32, "%s:%d", inet_ntoa(o.taddr.sin_addr), ntohs(o.taddr.sin_port)); o.domain = d; }
	if (o.exts > o.subs && !strcmp(o.mode, "subscribe")) o.exts = o.subs;
	if (o.prime < 0) o.prime = strcmp(o.trigger, "none") && strcmp(o.trigger, "cmd");
	signal(SIGPIPE, SIG_IGN); struct rlimit rl = {1048576, 1048576}; setrlimit(RLIMIT_NOFILE, &rl);
	if (o.dump && !(dumpf = fopen(o.dump, "w"))) die("cannot write %s", o.dump);
	{ char *s = strdup(o.values), *p; vals = calloc(64, sizeof *vals); while ((p = strsep(&s, "|")) && nvals < 64) vals[nvals++] = p; }
	body_tpl = o.body_file ? slurp(o.body_file) : strdup(PIDF);
	runid = (unsigned)(now() / 1000) ^ getpid() << 8; runid &= 0xffffff;
	S = calloc(o.subs, sizeof *S); E = calloc(o.exts, sizeof *E);
	for (int i = 0; i < o.exts; i++) { tv k = {0}; k.x = o.ext_start + i; expand(E[i].name, sizeof E[i].name, o.ext_tpl, &k); }
	for (int i = 0; i < o.subs; i++) { S[i].sock = i % o.sockets; S[i].ext = i % o.exts; E[i % o.exts].subs++; if (o.mute_every && i % o.mute_every == 0) S[i].mute = 1; }
	ep = epoll_create1(EPOLL_CLOEXEC); fd = calloc(o.sockets, sizeof *fd); laddr = calloc(o.sockets, sizeof *laddr); lstr = calloc(o.sockets, sizeof *lstr); ovfl = calloc(o.sockets, sizeof *ovfl);
	struct in_addr ip; if (!inet_aton(o.bind_ip, &ip)) die("bad --bind");
	for (int i = 0; i < o.sockets; i++) { struct in_addr a = ip; if (o.spread) a.s_addr = htonl(ntohl(ip.s_addr) + i); fd[i] = mksock(a, o.spread || o.sockets == 1 ? o.bind_port : o.bind_port ? o.bind_port + i : 0, lstr[i]); add_ep(fd[i], i); }
	if (!strcmp(o.trigger, "publish")) { ctl = mksock(ip, 0, ctl_s); add_ep(ctl, 1000000); }
	else if (!strcmp(o.trigger, "tcp")) { if (!o.tcp || !o.line) die("--tcp and --line are needed"); struct sockaddr_in a; hostport(o.tcp, &a, 5038); tcpfd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); int one = 1; if (connect(tcpfd, (void *)&a, sizeof a)) die("tcp connect: %s", strerror(errno));
		setsockopt(tcpfd, IPPROTO_TCP, TCP_NODELAY, &one, 4); fcntl(tcpfd, F_SETFL, O_NONBLOCK); add_ep(tcpfd, 1000002); if (o.tcp_init) wr(tcpfd, o.tcp_init, strlen(o.tcp_init)); pump_for(500 * MS); }
	else if (!strcmp(o.trigger, "pipe")) { if (!o.pipe_cmd || !o.line) die("--pipe and --line are needed"); int p[2]; if (pipe2(p, O_CLOEXEC)) die("pipe"); if (!fork()) { dup2(p[0], 0); execl("/bin/sh", "sh", "-c", o.pipe_cmd, (char *)0); _exit(127); } close(p[0]); pipefd = p[1]; pump_for(500 * MS); }
	else if (!strcmp(o.trigger, "mqtt")) {
#ifdef WITH_MQTT
		if (!o.mqtt || !o.mqtt_topic || !o.mqtt_payload) die("--mqtt, --mqtt-topic and --mqtt-payload are needed");
		mqpl = o.mqtt_payload[0] == '@' ? slurp(o.mqtt_payload + 1) : strdup(o.mqtt_payload); mosquitto_lib_init(); char id[32]; snprintf(id, 32, "presload-%x", runid); mq = mosquitto_new(id, true, NULL);
		mosquitto_int_option(mq, MOSQ_OPT_TCP_NODELAY, 1); if (o.mqtt_user) mosquitto_username_pw_set(mq, o.mqtt_user, o.mqtt_pass); mosquitto_connect_callback_set(mq, mq_conn); mosquitto_message_callback_set(mq, mq_msg); mosquitto_publish_callback_set(mq, mq_pub);
		mosquitto_max_inflight_messages_set(mq, 0);
		struct sockaddr_in a; hostport(o.mqtt, &a, 1883); int r = mosquitto_connect(mq, inet_ntoa(a.sin_addr), ntohs(a.sin_port), 60); if (r) die("mqtt: %s", mosquitto_strerror(r)); add_ep(mosquitto_socket(mq), 1000001);
		i64 e = now() + 5 * NS; while (!mq_up && now() < e) pump(10 * MS); if (!mq_up) die("mqtt: no CONNACK");
		if (o.mqtt_echo) { char f[512] = ""; const char *b = strchr(o.mqtt_topic, '{'); if (!b) snprintf(f, sizeof f, "%s", o.mqtt_topic); else { int n = b - o.mqtt_topic; while (n > 0 && o.mqtt_topic[n - 1] != '/') n--; snprintf(f, sizeof f, "%.*s#", n, o.mqtt_topic); } mosquitto_subscribe(mq, NULL, f, o.mqtt_qos); pump_for(100 * MS); }
#else
		die("built without -DWITH_MQTT");
#endif
	} else if (!strcmp(o.trigger, "cmd") && !o.cmd) die("--trigger-cmd is needed");

	find_tree(); double idle = 0;
	if (ntree) { double a = server_cpu(); i64 t = now(); pump_for(1000 * MS); idle = (server_cpu() - a) / ((now() - t) / 1e9); }
	long drops0 = server_drops(), rce0 = rcvbuf_errors(); double tool0 = own_cpu(), srv0 = server_cpu(), wall0 = now(), m0[2], m1[2]; machine(m0);
	if (o.prime && strcmp(o.trigger, "none")) {
		for (int i = 0; i < o.exts; i++) { trigger(i, 0); if ((i & 31) == 31) pump(1 * MS); }
		i64 e = now() + 5 * NS; for (;;) { int p = 0; for (int i = 0; i < o.exts; i++) p += E[i].pending; if (!p || now() > e) break; pump(5 * MS); }
		pump_for(100 * MS);
	}
	double pss0 = server_pss();
	storm_t sb = storm(1); find_tree(); double pss1 = server_pss();
	logv("subscribed %ld/%d in %.3f s", sb.ok, o.subs, sb.secs);

	storm_t *rf = calloc(o.rounds + 1, sizeof *rf); int nrf = 0; double chg_secs = 0, chg_t = 0, chg_s = 0; long expected = 0, lost = 0, coalesced = 0, fin_wrong = -1, went0 = 0; long timeouts = 0; (void)went0;
	if (!strcmp(o.mode, "refresh")) for (int i = 0; i < o.rounds; i++) rf[nrf++] = storm(2);
	if (!strcmp(o.mode, "hold")) { phase = 3; pump_for(o.duration_ms * MS); phase = 0; }
	int dochg = !strcmp(o.mode, "fanout") || !strcmp(o.mode, "latency") || !strcmp(o.mode, "burst");
	if (dochg && strcmp(o.trigger, "none")) {
		double a = own_cpu(), b = server_cpu(); i64 t0 = now(); phase = 3; long n = 0; int xi = 0;
		if (strcmp(o.mode, "burst")) {
			closed_loop = 1;
			for (int k = 0; k < o.changes; k++) {
				need = got = 0; cur_first = n + 1; cur_last = n + o.batch;
				for (int j = 0; j < o.batch; j++) { need += E[xi].subs; trigger(xi, ++n); xi = (xi + 1) % o.exts; }
				expected += need; i64 e = now() + o.timeout_ms * MS;
				while (got < need && now() < e) pump(e - now());
				if (got < need) timeouts++;
				if (!strcmp(o.trigger, "publish")) { e = now() + 2 * NS; for (;;) { int p = 0; for (int z = 0; z < o.exts; z++) p += E[z].pending; if (!p || now() > e) break; pump(1 * MS); } }
				if (o.interval_ms) pump_for(o.interval_ms * MS);
			}
		} else {
			i64 s = now();
			for (int k = 0; k < o.changes; k++) {
				i64 due = o.crate > 0 ? s + (i64)(k * 1e9 / o.crate) : now(); while (now() < due) pump(due - now());
				while (E[xi].pending) pump(1 * MS);
				expected += E[xi].subs; trigger(xi, ++n); xi = (xi + 1) % o.exts; pump(0);
			}
			i64 e = now() + o.timeout_ms * MS; rx_last = now(); while (now() < e && (long)v_lat.n < expected && now() - rx_last < 2 * NS) pump(50 * MS);
		}
		chg_secs = (now() - t0) / 1e9; cur_first = cur_last = 0; pump_for(o.settle_ms * MS); phase = 0;
		chg_t = own_cpu() - a; chg_s = server_cpu() - b;
		for (long i = 0; i < nC; i++) {
			long ex = E[C[i].ext].subs; if (C[i].got < ex) { if (closed_loop) lost += ex - C[i].got; else coalesced += ex - C[i].got; }
			if (!C[i].got) continue;
			vadd(&v_first, C[i].first - C[i].t0); vadd(&v_last, C[i].last - C[i].t0);
			if (C[i].got > 1 && C[i].last > C[i].first) vadd(&v_rate, (i64)((C[i].got - 1) * 1e9 / (C[i].last - C[i].first)) * 1000);
			if (C[i].last > C[i].t0) vadd(&v_rate0, (i64)(C[i].got * 1e9 / (C[i].last - C[i].t0)) * 1000);
		}
		if (st.marked) { fin_wrong = 0; for (int i = 0; i < o.subs; i++) if (E[S[i].ext].last && S[i].marker != E[S[i].ext].last && !S[i].mute) fin_wrong++; }
	}
	storm_t un = {0}; if (o.unsub) { long w = o.window; if (o.window > 200) o.window = 200; o.window_on = 0; o.sub_timeout_ms = o.sub_timeout_ms > 20000 ? 20000 : o.sub_timeout_ms; double r = o.rate; un = storm(4); o.rate = r; o.window = w; }
	if (!strcmp(o.trigger, "publish") && o.unsub) {   /* leave nothing behind: old publications are merged into new bodies */
		tv k = {0}; phase = 4; for (int i = 0; i < o.exts; i++) if (E[i].etag[0] && !E[i].pending) { publish(&E[i], &k, 0); if ((i & 31) == 31) pump(1 * MS); }
		i64 e = now() + 3 * NS; for (;;) { int p = 0; for (int i = 0; i < o.exts; i++) p += E[i].pending; if (!p || now() > e) break; pump(5 * MS); }
	}
	long od = 0; for (int i = 0; i < o.sockets; i++) od += ovfl[i];

	printf("{\"label\":\"%s\",\"mode\":\"%s\",\"target\":\"%s\",\"trigger\":\"%s\",\"subs\":%d,\"exts\":%d,\"sockets\":%d,\"window\":%d,\"wall_s\":%.2f,", o.label, o.mode, o.target, o.trigger, o.subs, o.exts, o.sockets, o.window, (now() - wall0) / 1e9);
	jstorm("subscribe", &sb); if (nrf) { printf(",\"refresh\":["); for (int i = 0; i < nrf; i++) { if (i) printf(","); jstorm(NULL, &rf[i]); } printf("]"); }
	if (dochg && nC) {
		printf(",\"changes\":{\"count\":%ld,\"timeouts\":%ld,\"expected\":%ld,\"got\":%zu,\"lost\":%ld,\"coalesced\":%ld,\"late\":%ld,\"extra\":%ld,\"went_back\":%ld,\"wrong_ext\":%ld,\"final_wrong\":%ld,\"marked\":%ld,\"unmarked\":%ld,\"secs\":%.3f,\"notify_per_s_overall\":%.0f,",
			nC, timeouts, expected, v_lat.n, lost, coalesced, st.late, st.extra, st.went_back, st.wrong_ext, fin_wrong, st.marked, st.unmarked, chg_secs, v_lat.n / chg_secs);
		size_t nl = v_lat.n;
		jvec("notify_us", &v_lat); printf(","); jvec("first_us", &v_first); printf(","); jvec("last_us", &v_last); printf(",");
		jvec("rate_first_to_last", &v_rate); printf(","); jvec("rate_t0_to_last", &v_rate0); printf(",");
		if (o.mqtt_echo) { jvec("broker_echo_us", &v_echo); printf(","); }
		printf("\"cpu_tool_s\":%.3f,\"cpu_server_s\":%.3f,\"server_us_per_notify\":%.2f,\"server_us_per_notify_net\":%.2f,\"tool_us_per_notify\":%.2f}", chg_t, chg_s, nl ? chg_s * 1e6 / nl : 0, nl ? (chg_s - idle * (chg_secs + o.settle_ms / 1e3)) * 1e6 / nl : 0, nl ? chg_t * 1e6 / nl : 0);
	}
	if (o.unsub) { printf(","); jstorm("unsubscribe", &un); }
	printf(",\"codes\":{"); int first = 1; for (int i = 0; i < 700; i++) if (codes[i]) { printf("%s\"%d\":%d", first ? "" : ",", i, codes[i]); first = 0; } printf("}");
	printf(",\"notify\":{\"received\":%ld,\"retransmitted\":%ld,\"reordered\":%ld,\"cseq_gaps\":%ld,\"terminated\":%ld,\"no_body\":%ld,\"unknown_dialog\":%ld,\"unparsed\":%ld,\"muted\":%ld}", st.notify, st.retrans, st.reorder, st.gaps, st.term, st.nobody, st.unknown, st.bad, st.muted);
	printf(",\"sent\":{\"subscribe_retransmits\":%ld,\"publish_retransmits\":%ld,\"publish_failed\":%ld}", st.sub_retx, st.pub_retx, st.pub_fail);
	printf(",\"drops\":{\"own_socket\":%ld,\"server_socket\":%ld,\"udp_rcvbuf_errors\":%ld}", od, server_drops() - drops0, rcvbuf_errors() - rce0);
	printf(",\"cpu\":{\"tool_s\":%.3f,\"server_s\":%.3f,\"server_idle_pct\":%.1f,\"server_processes\":%d}", own_cpu() - tool0, server_cpu() - srv0, idle * 100, ntree);
	if (ntree) printf(",\"memory\":{\"server_pss_before\":%.0f,\"server_pss_after\":%.0f,\"bytes_per_sub\":%.0f}", pss0, pss1, sb.ok ? (pss1 - pss0) / sb.ok : 0);
	machine(m1); double w = (now() - wall0) / 1e9, la[3] = {0}; if (getloadavg(la, 3) < 0) la[0] = -1;
	printf(",\"noise\":{\"other_cpu_pct\":%.1f,\"steal_pct\":%.1f,\"loadavg\":%.2f}}\n", 100 * ((m1[0] - m0[0]) - (own_cpu() - tool0) - (server_cpu() - srv0)) / w, 100 * (m1[1] - m0[1]) / w, la[0]);
	if (dumpf) fclose(dumpf);
	return 0;
}

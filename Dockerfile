# Livery in a container. Made with: docker build -t livery .
FROM python:3.11-slim
WORKDIR /livery
ENV PYTHONUNBUFFERED=1 HOST=0.0.0.0 LIVERY_DATA=/data LIVERY_DEMO=0
COPY requirements.txt bin/environment ./
RUN mkdir bin && mv environment bin/ && bin/environment
COPY . .
# else each start would compile the application anew: the user that runs it may not write here
RUN .venv/bin/python -m compileall -q -j 0 -x '/(\.venv|tests|bench|static|skins)/' .
RUN useradd --uid 10001 livery && mkdir /data && chown livery /data
USER livery
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=5s --start-period=120s --timeout=10s CMD [".venv/bin/python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=5)"]
CMD ["bin/run"]

"""The peer to beat: the script that a data engineer writes in an afternoon.

aiohttp on uvloop, as many workers as connections, the list and the answers in memory, Parquet by pyarrow.

usage: peer_aiohttp.py INPUT.csv OUTPUT.parquet CONCURRENCY URL
"""

import asyncio
import base64
import csv
import sys
import time

import aiohttp
import pyarrow
import pyarrow.parquet
import uvloop

ATTEMPTS = 5
ASK_AGAIN = {"TIMEOUT", "HLR_ABORT", "REQUEST_THROTTLED"}


async def look_up(session: aiohttp.ClientSession, url: str, msisdn: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for _ in range(ATTEMPTS):
        async with session.get(f"{url}/lookup", params={"msisdn": msisdn}) as response:
            body = (await response.text()).strip()
        fields = dict(field.partition("=")[::2] for field in body.split(";"))
        if fields.get("result") not in ASK_AGAIN:
            break
    return fields


async def enrich(source: str, target: str, concurrency: int, url: str) -> None:
    with open(source, newline="") as lines:
        rows = list(csv.DictReader(lines))
    answers: list[dict[str, str]] = [{} for _ in rows]
    places = iter(range(len(rows)))

    async def work(session: aiohttp.ClientSession) -> None:
        for place in places:
            answers[place] = await look_up(session, url, rows[place]["msisdn"])

    headers = {"Authorization": "Basic " + base64.b64encode(b"user:password").decode()}
    connector = aiohttp.TCPConnector(limit=concurrency)
    async with aiohttp.ClientSession(headers=headers, connector=connector) as session:
        await asyncio.gather(*(work(session) for _ in range(concurrency)))

    columns = {name: [row[name] for row in rows] for name in rows[0]}
    columns["result"] = [answer.get("result") for answer in answers]
    columns["mcc"] = [answer.get("imsi", "")[:3] or None for answer in answers]
    columns["mnc"] = [answer.get("imsi", "")[3:] or None for answer in answers]
    columns["location"] = [answer.get("location") for answer in answers]
    pyarrow.parquet.write_table(pyarrow.table(columns), target, compression="zstd")


if __name__ == "__main__":
    started = time.perf_counter()
    uvloop.run(enrich(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]))
    print(f"{time.perf_counter() - started:.3f}")

//! A small object store on loopback, with the parts of S3 and of Google's XML interface that are
//! used here, and faults on demand. It shares no code with the client.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// This status instead of doing anything.
    Status(u16, &'static str),
    /// The connection is reset before anything is done.
    Reset,
    /// It is done, and the reply is lost.
    LostReply,
    /// Nothing happens for so long, and then the connection is closed.
    Stall(Duration),
}

/// A request, as far as faults look at it.
#[derive(Clone, Debug, Default)]
pub struct Request {
    pub method: String,
    /// `bucket/key`, decoded.
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

type Script = dyn Fn(u64, &Request) -> Option<Trouble> + Send + Sync;

/// A store with the bucket `lake`.
pub struct Store {
    port: u16,
    state: Arc<State>,
}

struct State {
    objects: Mutex<BTreeMap<String, Object>>,
    uploads: Mutex<BTreeMap<String, Upload>>,
    script: Mutex<Arc<Script>>,
    requests: AtomicU64,
    next: AtomicU64,
}

#[derive(Clone)]
struct Object {
    content: Vec<u8>,
    generation: u64,
}

#[derive(Default)]
struct Upload {
    path: String,
    parts: BTreeMap<u32, Vec<u8>>,
}

impl Store {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State {
            objects: Mutex::default(),
            uploads: Mutex::default(),
            script: Mutex::new(Arc::new(|_, _| None)),
            requests: AtomicU64::new(0),
            next: AtomicU64::new(1),
        });
        let served = state.clone();
        thread::spawn(move || {
            for socket in listener.incoming() {
                let (socket, state) = (socket.unwrap(), served.clone());
                thread::spawn(move || serve(socket, &state));
            }
        });
        Self { port, state }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// From now on, each request goes through this: how many came before it, and what it is.
    pub fn set_trouble(&self, script: impl Fn(u64, &Request) -> Option<Trouble> + Send + Sync + 'static) {
        *self.state.script.lock().unwrap() = Arc::new(script);
    }

    pub fn put(&self, key: &str, content: impl Into<Vec<u8>>) {
        let generation = self.state.next.fetch_add(1, Ordering::SeqCst);
        let object = Object { content: content.into(), generation };
        self.state.objects.lock().unwrap().insert(format!("lake/{key}"), object);
    }

    pub fn get(&self, key: &str) -> Option<Vec<u8>> {
        self.state.objects.lock().unwrap().get(&format!("lake/{key}")).map(|object| object.content.clone())
    }

    /// The keys that begin so.
    pub fn keys(&self, prefix: &str) -> Vec<String> {
        let objects = self.state.objects.lock().unwrap();
        let keys = objects.keys().filter_map(|path| path.strip_prefix("lake/"));
        keys.filter(|key| key.starts_with(prefix)).map(str::to_owned).collect()
    }

    /// Uploads that were begun, and neither completed nor aborted.
    pub fn open_uploads(&self) -> usize {
        self.state.uploads.lock().unwrap().len()
    }

    pub fn requests(&self) -> u64 {
        self.state.requests.load(Ordering::SeqCst)
    }
}

fn serve(socket: TcpStream, state: &State) -> Option<()> {
    let mut reader = BufReader::new(socket.try_clone().ok()?);
    let mut socket = socket;
    loop {
        let request = read_request(&mut reader)?;
        let earlier = state.requests.fetch_add(1, Ordering::SeqCst);
        let script = state.script.lock().unwrap().clone();
        let trouble = script(earlier, &request);
        let response = match trouble {
            Some(Trouble::Reset) => return None,
            Some(Trouble::Stall(pause)) => {
                thread::sleep(pause);
                return None;
            }
            Some(Trouble::Status(status, code)) => {
                Response::new(status).with_body(format!("<Error><Code>{code}</Code></Error>"))
            }
            None | Some(Trouble::LostReply) => state.answer(&request),
        };
        if trouble == Some(Trouble::LostReply) {
            return None;
        }
        socket.write_all(&response.bytes(request.method == "HEAD")).ok()?;
    }
}

fn read_request(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => headers.insert(name.to_ascii_lowercase(), value.trim().to_owned()),
            None => break,
        };
    }
    let length = headers.get("content-length").map_or(0, |text| text.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let query = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (name.to_owned(), decoded(value))
    });
    let query = query.collect();
    Some(Request { method, path: decoded(path.trim_start_matches('/')), query, headers, body })
}

fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((&first, after)) = rest.split_first() {
        let code = (first == b'%').then(|| after.get(..2)).flatten();
        match code.and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap()
}

struct Response {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    /// Of a HEAD, which has no body.
    length: Option<usize>,
}

impl Response {
    fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), length: None }
    }

    fn with_body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    fn of(object: &Object, status: u16) -> Self {
        let headers = vec![
            ("ETag", format!("\"{}\"", object.generation)),
            ("x-goog-generation", object.generation.to_string()),
            ("Last-Modified", "Thu, 26 Nov 2026 12:00:00 GMT".to_owned()),
        ];
        Self { status, headers, body: Vec::new(), length: None }
    }

    fn error(status: u16, code: &str) -> Self {
        Self::new(status).with_body(format!("<Error><Code>{code}</Code></Error>"))
    }

    fn bytes(&self, is_head: bool) -> Vec<u8> {
        let mut text = format!("HTTP/1.1 {} x\r\n", self.status);
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("Content-Length: {}\r\n\r\n", self.length.unwrap_or(self.body.len())));
        let mut bytes = text.into_bytes();
        if !is_head {
            bytes.extend_from_slice(&self.body);
        }
        bytes
    }
}

impl State {
    fn answer(&self, request: &Request) -> Response {
        let (bucket, key) = request.path.split_once('/').unwrap_or((&request.path, ""));
        if bucket != "lake" {
            return Response::error(404, "NoSuchBucket");
        }
        let has = |name: &str| request.query.contains_key(name);
        match request.method.as_str() {
            "GET" if key.is_empty() => self.list(request),
            "POST" if has("delete") => self.delete_all(request),
            "POST" if has("uploads") => self.begin_upload(request),
            "POST" if has("uploadId") => self.complete(request),
            "PUT" if has("uploadId") => self.put_part(request),
            "DELETE" if has("uploadId") => {
                self.uploads.lock().unwrap().remove(&request.query["uploadId"]);
                Response::new(204)
            }
            "PUT" => self.put_object(request),
            "GET" | "HEAD" => self.get_object(request),
            "DELETE" => {
                self.objects.lock().unwrap().remove(&request.path);
                Response::new(204)
            }
            _ => Response::error(405, "MethodNotAllowed"),
        }
    }

    fn get_object(&self, request: &Request) -> Response {
        let objects = self.objects.lock().unwrap();
        let Some(object) = objects.get(&request.path) else { return Response::error(404, "NoSuchKey") };
        let tag = format!("\"{}\"", object.generation);
        if request.headers.get("if-match").is_some_and(|wanted| *wanted != tag) {
            return Response::error(412, "PreconditionFailed");
        }
        let all = object.content.len();
        if request.method == "HEAD" {
            return Response { length: Some(all), ..Response::of(object, 200) };
        }
        let range =
            request.headers.get("range").and_then(|text| text.strip_prefix("bytes=")?.split_once('-'));
        let Some((start, end)) = range else {
            return Response::of(object, 200).with_body(object.content.clone());
        };
        let start: usize = start.parse().unwrap();
        let end = end.parse::<usize>().map_or(all, |end| (end + 1).min(all));
        let mut response = Response::of(object, 206).with_body(&object.content[start..end]);
        response.headers.push(("Content-Range", format!("bytes {start}-{}/{all}", end - 1)));
        response
    }

    fn put_object(&self, request: &Request) -> Response {
        let mut objects = self.objects.lock().unwrap();
        let there = objects.get(&request.path).map(|object| object.generation);
        let header = |name: &str| request.headers.get(name).map(String::as_str);
        let is_refused =
            match (header("if-none-match"), header("if-match"), header("x-goog-if-generation-match")) {
                (Some("*"), ..) | (.., Some("0")) => there.is_some(),
                (_, Some(tag), _) => there.is_none_or(|generation| tag != format!("\"{generation}\"")),
                (.., Some(wanted)) => there.is_none_or(|generation| wanted != generation.to_string()),
                _ => false,
            };
        if is_refused {
            return Response::error(412, "PreconditionFailed");
        }
        let generation = self.next.fetch_add(1, Ordering::SeqCst);
        let object = Object { content: request.body.clone(), generation };
        let response = Response::of(&object, 200);
        objects.insert(request.path.clone(), object);
        response
    }

    fn begin_upload(&self, request: &Request) -> Response {
        let id = self.next.fetch_add(1, Ordering::SeqCst).to_string();
        let upload = Upload { path: request.path.clone(), ..Upload::default() };
        self.uploads.lock().unwrap().insert(id.clone(), upload);
        Response::new(200).with_body(format!(
            "<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
        ))
    }

    fn put_part(&self, request: &Request) -> Response {
        let mut uploads = self.uploads.lock().unwrap();
        let Some(upload) = uploads.get_mut(&request.query["uploadId"]) else {
            return Response::error(404, "NoSuchUpload");
        };
        let number = request.query["partNumber"].parse().unwrap();
        upload.parts.insert(number, request.body.clone());
        let mut response = Response::new(200);
        response.headers.push(("ETag", format!("\"part-{number}\"")));
        response
    }

    fn complete(&self, request: &Request) -> Response {
        let Some(upload) = self.uploads.lock().unwrap().remove(&request.query["uploadId"]) else {
            return Response::error(404, "NoSuchUpload");
        };
        let content = upload.parts.into_values().flatten().collect();
        let object = Object { content, generation: self.next.fetch_add(1, Ordering::SeqCst) };
        let tag = object.generation;
        self.objects.lock().unwrap().insert(upload.path, object);
        Response::new(200).with_body(format!(
            "<CompleteMultipartUploadResult><ETag>\"{tag}\"</ETag></CompleteMultipartUploadResult>"
        ))
    }

    fn list(&self, request: &Request) -> Response {
        /// A page is small, so that there are several.
        const PAGE: usize = 50;
        let prefix = format!("lake/{}", request.query.get("prefix").map_or("", String::as_str));
        let after = request.query.get("continuation-token").cloned().unwrap_or_default();
        let objects = self.objects.lock().unwrap();
        let mut found =
            objects.iter().filter(|(path, _)| path.starts_with(&prefix) && **path > after).peekable();
        let mut body = String::from("<ListBucketResult>");
        let mut last = String::new();
        for (path, object) in found.by_ref().take(PAGE) {
            let (key, tag, size) = (&path["lake/".len()..], object.generation, object.content.len());
            body.push_str(&format!(
                "<Contents><Key>{key}</Key><LastModified>2026-11-26T12:00:00.000Z</LastModified><ETag>\"{tag}\"</ETag>\
                 <Size>{size}</Size></Contents>"
            ));
            last.clone_from(path);
        }
        if found.peek().is_some() {
            body.push_str(&format!("<NextContinuationToken>{last}</NextContinuationToken>"));
        }
        Response::new(200).with_body(body + "</ListBucketResult>")
    }

    fn delete_all(&self, request: &Request) -> Response {
        let text = String::from_utf8_lossy(&request.body).into_owned();
        let mut body = String::from("<DeleteResult>");
        for part in text.split("<Key>").skip(1) {
            let key = part.split("</Key>").next().unwrap();
            self.objects.lock().unwrap().remove(&format!("lake/{key}"));
            body.push_str(&format!("<Deleted><Key>{key}</Key></Deleted>"));
        }
        Response::new(200).with_body(body + "</DeleteResult>")
    }
}

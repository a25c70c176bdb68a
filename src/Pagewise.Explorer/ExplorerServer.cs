using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Pagewise.Replay.Recorded;
using Pagewise.Reports.RunFiles;
using Pagewise.Reports.Views;
using Pagewise.Workloads;

namespace Pagewise.Explorer;

/// <summary>
/// Shows a run file in the browser of the machine it runs on, and nowhere else: it listens on loopback, answers only with
/// its token, to its own page, and reads nothing but its run file and that run's recording.
/// </summary>
public sealed class ExplorerServer : IAsyncDisposable
{
    private const string TokenHeader = "X-Pagewise-Token";

    private readonly RunFileReader _file;
    private readonly ReplaySession? _session;
    private readonly WebApplication _application;
    private readonly byte[] _token;
    private readonly Lock _reading = new();
    private IReadOnlyList<RunSnapshot>? _snapshots;

    private ExplorerServer(RunFileReader file, ReplaySession? session, int port)
    {
        _file = file;
        _session = session;
        Token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        _token = Encoding.ASCII.GetBytes(Token);
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options => options.Listen(IPAddress.Loopback, port));
        builder.Services.AddRoutingCore();
        builder.Logging.ClearProviders();
        _application = builder.Build();
        _application.Use(Guard);
        _application.UseRouting();
        Map(_application);
    }

    /// <summary>The token of this run of the explorer.</summary>
    public string Token { get; }

    /// <summary>Where to look, token included.</summary>
    public string Url => $"{Address}/?token={Token}";

    private string Address => _application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <summary>Begins to serve.</summary>
    /// <param name="file">The run file; disposed with the server.</param>
    /// <param name="session">Replays the run again; null: its recording is not to be had.</param>
    /// <param name="port">The port on loopback; 0: any that is free.</param>
    /// <param name="cancellation">Stops waiting for the start.</param>
    public static async Task<ExplorerServer> Start(RunFileReader file, ReplaySession? session, int port, CancellationToken cancellation)
    {
        var server = new ExplorerServer(file, session, port);
        await server._application.StartAsync(cancellation).ConfigureAwait(false);
        return server;
    }

    /// <summary>Waits until the process is told to stop.</summary>
    public Task WaitForShutdown(CancellationToken cancellation) => _application.WaitForShutdownAsync(cancellation);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync().ConfigureAwait(false);
        _session?.Dispose();
        _file.Dispose();
    }

    // The token against whoever finds the port, host and origin against pages of others that have a browser ask.
    private async Task Guard(HttpContext context, RequestDelegate next)
    {
        HttpRequest request = context.Request;
        string address = Address;
        bool isPage = request.Path == "/";
        string given = isPage ? request.Query["token"].ToString() : request.Headers[TokenHeader].ToString();
        string origin = request.Headers.Origin.ToString();
        IHeaderDictionary headers = context.Response.Headers;
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (request.Host.Value != new Uri(address).Authority)
            await Refuse(context, StatusCodes.Status403Forbidden, "another host was asked for").ConfigureAwait(false);
        else if (origin.Length > 0 && origin != address)
            await Refuse(context, StatusCodes.Status403Forbidden, "another origin asked").ConfigureAwait(false);
        else if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), _token))
            await Refuse(context, StatusCodes.Status401Unauthorized, "wrong token").ConfigureAwait(false);
        else if (!HttpMethods.IsGet(request.Method))
            await Refuse(context, StatusCodes.Status405MethodNotAllowed, "only GET").ConfigureAwait(false);
        else
            await next(context).ConfigureAwait(false);
    }

    private static Task Refuse(HttpContext context, int status, string why)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(why, context.RequestAborted);
    }

    private void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/", (RequestDelegate)(context => Answer(context, "text/html; charset=utf-8", Page)));
        routes.MapGet("/api/document", (RequestDelegate)(context => Answer(context, "application/json", Document)));
        routes.MapGet("/api/snapshot/{index:int}", (RequestDelegate)(context => Answer(context, "application/json", () => Snapshot(Number(context, "index")))));
        routes.MapGet("/api/at/{line:long}", (RequestDelegate)(context => Answer(context, "application/json", () => Moment(context))));
        routes.MapGet("/api/explain", (RequestDelegate)(context => Answer(context, "application/json", () => Explain(context.Request.Query))));
    }

    private static long Number(HttpContext context, string name) => long.Parse(context.Request.RouteValues[name]!.ToString()!, CultureInfo.InvariantCulture);

    private static async Task Answer(HttpContext context, string type, Func<byte[]?> make)
    {
        byte[]? body;
        try
        {
            body = make();
        }
        catch (Exception exception) when (exception is RunFileException or RecordingException or ReplayException)
        {
            await Refuse(context, StatusCodes.Status422UnprocessableEntity, exception.Message).ConfigureAwait(false);
            return;
        }

        if (body is null)
        {
            await Refuse(context, StatusCodes.Status404NotFound, "there is no such moment, process or address").ConfigureAwait(false);
            return;
        }

        context.Response.ContentType = type;
        await context.Response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
    }

    private static byte[] Page()
    {
        var page = new StringWriter();
        HtmlReport.WriteLive(page);
        return Encoding.UTF8.GetBytes(page.ToString());
    }

    private byte[] Document()
    {
        lock (_reading)
        {
            var json = new MemoryStream();
            ViewDocument.Write(_file, null, new Dictionary<string, string> { ["can_replay"] = _session is null ? "0" : "1" }, json);
            return json.ToArray();
        }
    }

    private byte[]? Snapshot(long index)
    {
        lock (_reading)
        {
            _snapshots ??= _file.Snapshots();
            return index >= 0 && index < _snapshots.Count ? _file.SnapshotJson(_snapshots[(int)index]) : null;
        }
    }

    private byte[]? Moment(HttpContext context)
    {
        long line = Math.Max(1, Number(context, "line"));
        return context.Request.Query["after"] == "1" ? _session?.AtOrAfter(line) : _session?.At(line);
    }

    private byte[]? Explain(IQueryCollection query)
    {
        if (_session is null || !int.TryParse(query["pid"], NumberStyles.None, CultureInfo.InvariantCulture, out int pid)
            || !long.TryParse(query["event"], NumberStyles.None, CultureInfo.InvariantCulture, out long line) || !TryAddress(query["address"].ToString(), out ulong address))
            return null;
        // A process that ends with this line is shown by a snapshot as it was just before.
        string? text = _session.Explain(line, pid, address) ?? (line > 1 ? _session.Explain(line - 1, pid, address) : null);
        if (text is null)
            return null;
        var json = new MemoryStream();
        using (var writer = new System.Text.Json.Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteString("text", text);
            writer.WriteEndObject();
        }

        return json.ToArray();
    }

    private static bool TryAddress(string text, out ulong address) =>
        ulong.TryParse(text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? text[2..] : text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out address);
}

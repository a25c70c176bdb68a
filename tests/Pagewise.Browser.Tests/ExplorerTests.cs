using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Pagewise.Cli.Tests;

namespace Pagewise.Browser.Tests;

/// <summary><c>pagewise explore</c>: stepping in the browser, and what the server refuses.</summary>
public sealed class ExplorerTests(Chromium chromium) : IClassFixture<Chromium>
{
    private static readonly string Log = Checkout.Example("student.touch.log");

    [Fact]
    public async Task SteppingMovesTheMachineEventByEvent()
    {
        using var run = new RunFolder(Log);
        using Explorer explorer = await Explorer.Start(run.RunFile);
        await using Tab tab = await chromium.Open();
        await tab.Go(explorer.Url);
        await tab.Show("address-space");
        var seen = new Dictionary<double, string>();
        double line = await tab.Figure(".now [data-line]", "data-line");
        await tab.Page.FillAsync("input.event", "28");
        await tab.Page.Keyboard.PressAsync("Enter");
        for (int step = 0; step < 12; step++)
        {
            line = await AfterLine(tab, line);
            seen[line] = await tab.Text("#view-address-space");
            if (step < 11)
                await tab.Page.ClickAsync("text=event ▶");
        }

        seen.Count.ShouldBe(12);
        seen.Values.Distinct().Count().ShouldBeGreaterThan(3);
        // Back again: the same event shows the same.
        for (int step = 0; step < 11; step++)
        {
            await tab.Page.ClickAsync("text=◀ event");
            line = await AfterLine(tab, line);
            (await tab.Text("#view-address-space")).ShouldBe(seen[line]);
        }

        tab.ShouldBeQuiet(explorer.Url[..explorer.Url.IndexOf("/?", StringComparison.Ordinal)]);
    }

    [Fact]
    public async Task AnAddressIsExplainedAtAnEvent()
    {
        using var run = new RunFolder(Log);
        using Explorer explorer = await Explorer.Start(run.RunFile);
        await using Tab tab = await chromium.Open();
        await tab.Go(explorer.Url);
        await tab.Show("walk");
        await tab.Page.ClickAsync(".controls button");
        (await tab.Text("[data-explained]")).ShouldContain("frame");
    }

    [Fact]
    public async Task OnlyItsOwnPageWithItsTokenIsAnswered()
    {
        using var run = new RunFolder(Log);
        using Explorer explorer = await Explorer.Start(run.RunFile);
        using var client = new HttpClient();
        var url = new Uri(explorer.Url);
        string token = explorer.Url[(explorer.Url.IndexOf('=', StringComparison.Ordinal) + 1)..];
        string origin = $"http://{url.Authority}";
        (await Status(client, origin + "/")).ShouldBe(HttpStatusCode.Unauthorized);
        (await Status(client, origin + "/?token=" + new string('0', token.Length))).ShouldBe(HttpStatusCode.Unauthorized);
        (await Status(client, explorer.Url)).ShouldBe(HttpStatusCode.OK);
        (await Status(client, origin + "/api/document")).ShouldBe(HttpStatusCode.Unauthorized);
        (await Status(client, origin + "/api/document?token=" + token)).ShouldBe(HttpStatusCode.Unauthorized);
        (await Status(client, origin + "/api/document", ("X-Pagewise-Token", token))).ShouldBe(HttpStatusCode.OK);
        (await Status(client, origin + "/api/document", ("X-Pagewise-Token", token), ("Origin", "http://evil.example"))).ShouldBe(HttpStatusCode.Forbidden);
        (await Status(client, origin + "/api/document", ("X-Pagewise-Token", token), ("Host", "evil.example"))).ShouldBe(HttpStatusCode.Forbidden);
        foreach (string path in (string[])["/api/snapshot/99", "/api/snapshot/../../etc/passwd", "/etc/passwd", "/run.db", "/api/at/x"])
            (await Status(client, origin + path, ("X-Pagewise-Token", token))).ShouldBe(HttpStatusCode.NotFound, path);
        (await client.SendAsync(With(HttpMethod.Post, origin + "/api/document", ("X-Pagewise-Token", token)), TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
    }

    [Fact]
    public async Task ItListensOnLoopbackAlone()
    {
        using var run = new RunFolder(Log);
        using Explorer explorer = await Explorer.Start(run.RunFile);
        int port = new Uri(explorer.Url).Port;
        foreach (IPAddress address in (await Dns.GetHostAddressesAsync(Dns.GetHostName(), TestContext.Current.CancellationToken)).Where(one => !IPAddress.IsLoopback(one) && one.AddressFamily == AddressFamily.InterNetwork))
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await Should.ThrowAsync<SocketException>(async () => await socket.ConnectAsync(address, port, TestContext.Current.CancellationToken));
        }

        string listening = await File.ReadAllTextAsync("/proc/net/tcp", TestContext.Current.CancellationToken);
        listening.ShouldContain($"0100007F:{port:X4} ");
        listening.ShouldNotContain($"00000000:{port:X4} ");
    }

    [Fact]
    public void ADamagedRunFileIsOneLine()
    {
        string file = Path.GetTempFileName();
        File.WriteAllText(file, "no database");
        CommandRun.Of("explore", file).ShouldHaveFailedWith("no run file");
        CommandRun.Of("report", file).ShouldHaveFailedWith("no run file");
        File.Delete(file);
    }

    private static async Task<double> AfterLine(Tab tab, double before)
    {
        await Tab.Until(async () => await tab.Figure(".now [data-line]", "data-line") != before && !(await tab.Text(".now")).EndsWith('…'));
        return await tab.Figure(".now [data-line]", "data-line");
    }

    private static async Task<HttpStatusCode> Status(HttpClient client, string url, params (string Name, string Value)[] headers) =>
        (await client.SendAsync(With(HttpMethod.Get, url, headers), TestContext.Current.CancellationToken)).StatusCode;

    private static HttpRequestMessage With(HttpMethod method, string url, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, url);
        foreach ((string name, string value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return request;
    }

    private sealed class Explorer(Process process, string url) : IDisposable
    {
        public string Url { get; } = url;

        public static async Task<Explorer> Start(string runFile)
        {
            Process process = Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "pagewise"), ["explore", runFile]) { RedirectStandardOutput = true, UseShellExecute = false })!;
            string? line = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
            return new Explorer(process, line ?? throw new InvalidOperationException("the explorer did not start"));
        }

        public void Dispose()
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }
    }
}

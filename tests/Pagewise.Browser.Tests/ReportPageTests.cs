using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Pagewise.Cli.Tests;

namespace Pagewise.Browser.Tests;

/// <summary><c>pagewise report</c> in a browser: real recordings, every view.</summary>
public sealed class ReportPageTests(Chromium chromium) : IClassFixture<Chromium>
{
    private const string Oom = """
        100 execve("/bin/app", ["app"], 0x7ffe00000000 /* 0 vars */) = 0
        100 mmap(NULL, 67108864, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE, -1, 0) = 0x7f0000000000
        100 touch(0x7f0000000000, 67108864, W) = 0
        100 exit_group(0) = ?
        """;

    private static readonly string Python = Checkout.Example("python3.pgw");

    [Theory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(390, ColorScheme.Dark)]
    public async Task EveryViewLoadsAndNothingLeavesTheMachine(int width, ColorScheme scheme)
    {
        using var run = new RunFolder(Python, "memory=7M", "swap=1G");
        await using Tab tab = await chromium.Open(width, scheme: scheme);
        await tab.Go(run.Url);
        foreach (string view in Tab.Views)
        {
            await tab.Show(view);
            (await tab.Text($"#view-{view}")).Length.ShouldBeGreaterThan(20, view);
            double overflow = await tab.Page.EvaluateAsync<double>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
            overflow.ShouldBeLessThanOrEqualTo(0, $"{view} is wider than the window");
        }

        tab.ShouldBeQuiet(run.Url);
    }

    [Fact]
    public async Task TheFiguresAreTheReports()
    {
        using var run = new RunFolder(Python, "memory=7M", "swap=1G");
        await using Tab tab = await chromium.Open();
        await tab.Go(run.Url);
        JsonElement machine = run.Report.GetProperty("machine");
        JsonElement process = run.Report.GetProperty("processes")[0];
        (await tab.Figure("[data-figure=minor]")).ShouldBe(process.GetProperty("faults").GetProperty("minor").GetDouble());
        (await tab.Figure("[data-figure=major]")).ShouldBe(process.GetProperty("faults").GetProperty("major").GetDouble());
        (await tab.Figure("[data-figure=peak]")).ShouldBe(process.GetProperty("peakResidentBytes").GetDouble());
        (await tab.Figure("[data-figure=time]")).ShouldBe(machine.GetProperty("timeNs").GetDouble());
        foreach (JsonElement cause in machine.GetProperty("time").EnumerateArray())
            (await tab.Figure($"[data-cause='{cause.GetProperty("cause").GetString()}']")).ShouldBe(cause.GetProperty("ns").GetDouble());
        await tab.Show("reclaim");
        foreach (JsonProperty figure in machine.GetProperty("pressure").EnumerateObject())
            (await tab.Figure($"[data-pressure='{figure.Name}']")).ShouldBe(figure.Value.GetDouble());
        machine.GetProperty("pressure").GetProperty("scanKswapd").GetInt64().ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task ScrubbingMovesEveryView()
    {
        using var run = new RunFolder(Python, "memory=12M");
        await using Tab tab = await chromium.Open();
        await tab.Go(run.Url);
        await tab.Show("address-space");
        double late = await Resident(tab), end = await tab.Figure(".now [data-time]", "data-time");
        await tab.Page.FocusAsync("body");
        await tab.Page.Keyboard.PressAsync("Home");
        await Tab.Until(async () => await tab.Figure(".now [data-time]", "data-time") == 0);
        for (int step = 0; step < 6; step++)
            await tab.Page.Keyboard.PressAsync("Shift+ArrowRight");
        double now = await tab.Figure(".now [data-time]", "data-time");
        now.ShouldBeInRange(1, end - 1);
        double early = await Resident(tab);
        early.ShouldBeInRange(1, late - 1);
        await tab.Page.Keyboard.PressAsync("4");
        await tab.Page.WaitForSelectorAsync("#view-frames.on [data-zone-figure=free]");
        double freeEarly = await tab.Figure("[data-zone-figure=free]");
        await tab.Page.Keyboard.PressAsync("End");
        await Tab.Until(async () => await tab.Figure("[data-zone-figure=free]") < freeEarly);
        tab.ShouldBeQuiet(run.Url);
    }

    [Fact]
    public async Task AnAddressIsWalkedToItsFrame()
    {
        using var run = new RunFolder(Python, "memory=12M");
        await using Tab tab = await chromium.Open();
        await tab.Go(run.Url);
        await tab.Show("walk");
        JsonElement text = run.Report.GetProperty("processes")[0].GetProperty("segments").EnumerateArray().First(segment => segment.GetProperty("name").GetString() == "text");
        string address = "0x" + text.GetProperty("start").GetUInt64().ToString("x", CultureInfo.InvariantCulture);
        await tab.Page.FillAsync("input.address", address);
        foreach (string level in (string[])["PGD", "PUD", "PMD", "PTE"])
            (await tab.Text($"[data-walk={level}]")).ShouldContain(level == "PTE" ? "→ frame 0x" : "→ table 0x");
        (await tab.Figure("[data-walk=frame]", "data-pfn")).ShouldBeGreaterThan(0);
        await tab.Page.FillAsync("input.address", "0x10");
        (await tab.Text("[data-walk=area]")).ShouldContain("SIGSEGV");
        await tab.Page.FillAsync("input.address", "nonsense");
        (await tab.Text("#view-walk")).ShouldContain("expected an address in hexadecimal");
    }

    [Fact]
    public async Task AHeapRecordingShowsItsChunks()
    {
        using var run = new RunFolder(Path.Combine(Checkout.Oracle, "heap", "stress-tiny-1.txt.zst"));
        await using Tab tab = await chromium.Open();
        await tab.Go(run.Url);
        await tab.Show("heap");
        (await tab.Figure("[data-heap-calls]", "data-heap-calls")).ShouldBeGreaterThan(100);
        (await tab.Figure("#view-heap [data-kind='in use']", "data-count")).ShouldBeGreaterThan(0);
        tab.ShouldBeQuiet(run.Url);
    }

    [Fact]
    public async Task AKillIsExplainedTermByTerm()
    {
        using RunFolder run = RunFolder.Of(Oom, "memory=32M");
        await using Tab tab = await chromium.Open();
        await tab.Go(run.Url);
        (await tab.Figure("[data-figure=kills]")).ShouldBe(1);
        await tab.Show("oom");
        JsonElement kill = run.Report.GetProperty("oomKills")[0];
        (await tab.Figure(".kill", "data-victim")).ShouldBe(100);
        (await tab.Text(".kill h3")).ShouldBe(kill.GetProperty("answer").GetString());
        (await tab.Figure(".kill .victim", "data-points")).ShouldBe(kill.GetProperty("processes")[0].GetProperty("points").GetDouble());
        tab.ShouldBeQuiet(run.Url);
    }

    [Fact]
    public async Task NamesFromRecordingsAreNeverMarkup()
    {
        const string hostile = "</script><script>document.title='taken'</script><img src=x onerror=document.title='taken'>'\\\"&amp;";
        using RunFolder run = RunFolder.Of($"""
            7 execve("/bin/{hostile.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}", ["a"], 0x7ffe00000000 /* 0 vars */) = 0
            7 openat(AT_FDCWD, "/tmp/<b>x</b>", O_RDONLY) = 3</tmp/<b>x</b>>
            7 mmap(NULL, 8192, PROT_READ, MAP_PRIVATE, 3</tmp/<b>x</b>>, 0) = 0x7f0000000000
            7 touch(0x7f0000000000, 8192, R) = 0
            """);
        await using Tab tab = await chromium.Open();
        await tab.Go(run.Url);
        foreach (string view in Tab.Views)
            await tab.Show(view);
        (await tab.Page.TitleAsync()).ShouldBe("Pagewise");
        (await tab.Page.Locator("img, main b b, main script").CountAsync()).ShouldBe(0);
        Regex.Count(await File.ReadAllTextAsync(run.Page, TestContext.Current.CancellationToken), "<script").ShouldBe(2);
        tab.ShouldBeQuiet(run.Url);
    }

    [Fact]
    public async Task OnPaperEveryViewIsThere()
    {
        using var run = new RunFolder(Python, "memory=12M");
        await using Tab tab = await chromium.Open();
        await tab.Go(run.Url);
        await tab.Page.EvaluateAsync("window.dispatchEvent(new Event('beforeprint'))");
        foreach (string view in Tab.Views)
            (await tab.Page.Locator($"#view-{view} > div, #view-{view} > p").CountAsync()).ShouldBeGreaterThan(0, view);
    }

    private static async Task<double> Resident(Tab tab)
    {
        await tab.Page.WaitForSelectorAsync(".area");
        return await tab.Page.EvaluateAsync<double>("[...document.querySelectorAll('.area')].reduce((sum, area) => sum + Number(area.dataset.resident), 0)");
    }
}

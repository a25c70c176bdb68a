using System.Globalization;
using Microsoft.Playwright;

namespace Pagewise.Browser.Tests;

/// <summary>A tab with its requests and its complaints.</summary>
internal sealed class Tab : IAsyncDisposable
{
    private readonly List<string> _requests = [];
    private readonly List<string> _complaints = [];

    private Tab(IPage page) => Page = page;

    /// <summary>The seven views' keys.</summary>
    public static string[] Views { get; } = ["overview", "address-space", "walk", "frames", "reclaim", "heap", "oom"];

    public IPage Page { get; }

    public static Task<Tab> Open(IPage page)
    {
        var tab = new Tab(page);
        page.Request += (_, request) => tab._requests.Add(request.Url);
        page.PageError += (_, error) => tab._complaints.Add(error);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                tab._complaints.Add(message.Text);
        };
        return Task.FromResult(tab);
    }

    public async Task Go(string url)
    {
        await Page.GotoAsync(url);
        await Page.WaitForSelectorAsync("nav");
        await Page.WaitForSelectorAsync(".now [data-line]");
    }

    public async Task Show(string view)
    {
        await Page.EvaluateAsync($"location.hash = '#{view}'");
        await Page.WaitForSelectorAsync($"#view-{view}.on > div, #view-{view}.on > p");
    }

    public async Task<double> Figure(string selector, string attribute = "data-value")
    {
        string? value = await Page.GetAttributeAsync(selector, attribute);
        return double.Parse(value!, CultureInfo.InvariantCulture);
    }

    /// <summary>Waits until something holds: the page may not evaluate strings, so it is asked from here.</summary>
    public static async Task Until(Func<Task<bool>> holds)
    {
        for (int tries = 0; !await holds(); tries++)
        {
            tries.ShouldBeLessThan(500, "it did not come to be");
            await Task.Delay(20);
        }
    }

    public Task<string> Text(string selector) => Page.InnerTextAsync(selector);

    /// <summary>It asked for nothing but its own page, and complained of nothing.</summary>
    public void ShouldBeQuiet(string origin)
    {
        _complaints.ShouldBeEmpty();
        _requests.ShouldNotBeEmpty();
        _requests.ShouldAllBe(request => request.StartsWith(origin, StringComparison.Ordinal) || request == "data:,");
    }

    public async ValueTask DisposeAsync() => await Page.CloseAsync();
}

using Microsoft.Playwright;

namespace Pagewise.Browser.Tests;

/// <summary>Debian's Chromium, driven by Playwright; started once for all tests.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private const string Program = "/usr/bin/chromium";
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>A tab that notes what it asks for and what it complains of.</summary>
    internal async Task<Tab> Open(int width = 1280, int height = 900, ColorScheme scheme = ColorScheme.Light)
    {
        Assert.SkipUnless(_browser is not null, "no Chromium here (Debian: chromium)");
        return await Tab.Open(await _browser!.NewPageAsync(new() { ViewportSize = new() { Width = width, Height = height }, ColorScheme = scheme }));
    }

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        if (!File.Exists(Program))
            return;
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = Program, Args = ["--no-sandbox", "--disable-gpu"] });
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
    }
}

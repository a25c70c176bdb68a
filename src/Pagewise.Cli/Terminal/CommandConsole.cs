using Spectre.Console;

namespace Pagewise.Cli.Terminal;

/// <summary>Where a command writes: a terminal with colours, or plain text where output is piped or NO_COLOR is set.</summary>
public sealed class CommandConsole
{
    private const int PlainWidth = 100;
    private const int NarrowestWidth = 80;

    /// <summary>The streams of this process.</summary>
    /// <param name="output">Results.</param>
    /// <param name="error">Messages and progress.</param>
    public CommandConsole(TextWriter output, TextWriter error)
        : this(output, error, !Console.IsOutputRedirected, !Console.IsErrorRedirected)
    {
    }

    /// <summary>Any streams.</summary>
    /// <param name="output">Results.</param>
    /// <param name="error">Messages and progress.</param>
    /// <param name="isTerminal">Whether <paramref name="output"/> is a terminal.</param>
    /// <param name="isErrorTerminal">Whether <paramref name="error"/> is one: only there is progress shown.</param>
    public CommandConsole(TextWriter output, TextWriter error, bool isTerminal, bool isErrorTerminal)
    {
        Out = output;
        Error = error;
        IsErrorTerminal = isErrorTerminal;
        // https://no-color.org: set and not empty.
        bool colours = isTerminal && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        Ansi = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(new TidyWriter(output)),
            Ansi = colours ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = colours ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
        });
        Ansi.Profile.Width = isTerminal ? Math.Max(Console.WindowWidth, NarrowestWidth) : PlainWidth;
        Ansi.Profile.Capabilities.Unicode = true;
    }

    /// <summary>Results as plain text.</summary>
    public TextWriter Out { get; }

    /// <summary>Messages and progress.</summary>
    public TextWriter Error { get; }

    /// <summary>Whether <see cref="Error"/> is a terminal.</summary>
    public bool IsErrorTerminal { get; }

    /// <summary>Results with colours and tables.</summary>
    public IAnsiConsole Ansi { get; }

    /// <summary>One line of warning on stderr.</summary>
    public void Warn(string message) => Error.WriteLine("pagewise: warning: " + message);
}

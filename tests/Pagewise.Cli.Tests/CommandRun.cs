using Pagewise.Cli.Terminal;

namespace Pagewise.Cli.Tests;

/// <summary>One command line, run in this process with its output caught.</summary>
/// <param name="Status">The exit status.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
internal sealed record CommandRun(int Status, string Output, string Error)
{
    public static CommandRun Of(params string[] words)
    {
        var output = new StringWriter { NewLine = "\n" };
        var error = new StringWriter { NewLine = "\n" };
        int status = Program.Run(words, new CommandConsole(output, error, isTerminal: false, isErrorTerminal: false));
        return new CommandRun(status, output.ToString(), error.ToString());
    }

    /// <summary>It could not run and said why in one line.</summary>
    public void ShouldHaveFailedWith(string message)
    {
        Status.ShouldBe(2, Output + Error);
        Error.ShouldStartWith("pagewise: ");
        Error.ShouldContain(message);
        Error.TrimEnd('\n').ShouldNotContain("\n");
        Error.ShouldNotContain("   at ");
    }
}

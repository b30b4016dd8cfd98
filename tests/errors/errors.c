/*
 * `make errors`: every error that the man pages of the seven calls list,
 * provoked for real, on this machine.
 *
 *     ./errors                       plays them all, call by call
 *     ./errors --call connect        those of one call
 *     ./errors --error EADDRINUSE    one error, of all calls that give it
 *     ./errors --list                what there is: call, error, kind, where
 *     ./errors --texts               what each means, and what to do
 *     ./errors --markdown            the chapter of TUTORIAL.md
 *
 * Each provocation is a function in the file of its call: connect.c and so on.
 * It is played in a process of its own, which may lower its limits, lose its
 * rights or hang, and nobody else notices. Nothing but loopback is contacted.
 *
 * Exit status: 0 when each call that was played failed with just its error, 1
 * when one did not, 2 when an argument is wrong.
 */
#include "errors.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const char usage[] = "usage: errors [--call NAME] [--error NAME] "
                            "[--list | --texts | --markdown]\n";

const struct call calls[] = {
    {"socket", socket_pairs},
    {"connect", connect_pairs},
    {"bind", bind_pairs},
    {"listen", listen_pairs},
    {"accept", accept_pairs},
    {"getsockname", getsockname_pairs},
    {"getpeername", getpeername_pairs},
    {NULL, NULL},
};

const char *chosen_call;
const char *chosen_error;

const char *wanted_call;
const struct pair *wanted;
struct outcome *outcome;

bool is_chosen(const struct call *call, const struct pair *pair)
{
    return (chosen_call == NULL || strcmp(chosen_call, call->name) == 0) &&
           (chosen_error == NULL || strcmp(chosen_error, pair->name) == 0);
}

/* Calls a function for every pair that is chosen. */
void for_each_pair(void (*function)(const struct call *, const struct pair *))
{
    for (const struct call *call = calls; call->name != NULL; call++) {
        for (const struct pair *pair = call->pairs; pair->name != NULL;
             pair++) {
            if (is_chosen(call, pair))
                function(call, pair);
        }
    }
}

/* The name of any error that is in a table, or its number. */
const char *error_name(int number)
{
    static char unknown[20];
    for (const struct call *call = calls; call->name != NULL; call++) {
        for (const struct pair *pair = call->pairs; pair->name != NULL;
             pair++) {
            if (pair->number == number)
                return pair->name;
        }
    }
    snprintf(unknown, sizeof unknown, "errno %d", number);
    return unknown;
}

/* ---- Playing ------------------------------------------------------------ */

/* A play takes at most so many seconds. */
enum { TIME_LIMIT = 5 };

/* The signal that is to end this program: the play is cleaned up first. */
static volatile sig_atomic_t end_signal;

static void remember_signal(int signal_number)
{
    end_signal = signal_number;
}

/*
 * The child's part: plays in the directory, with nothing inherited that would
 * change what is shown. Descriptors begin at 3, signals do what they usually
 * do, and SIGALRM ends the process when the time is over.
 */
static _Noreturn void play_as_child(const struct way *way,
                                    const char *directory)
{
    for (int fd = 3; fd < 256; fd++)
        close(fd);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int i = 1; i < 32; i++)
        signal(i, SIG_DFL);
    alarm(TIME_LIMIT);

    must("chdir", chdir(directory));
    way->provoke();
    _exit(0);
}

/* Removes the directory of a play, and what is in it. */
static void remove_directory(const char *path)
{
    DIR *directory = opendir(path);
    if (directory != NULL) {
        const struct dirent *entry;
        while ((entry = readdir(directory)) != NULL) {
            if (unlinkat(dirfd(directory), entry->d_name, 0) == -1)
                unlinkat(dirfd(directory), entry->d_name, AT_REMOVEDIR);
        }
        closedir(directory);
    }
    rmdir(path);
}

/* Notes that the play itself went wrong, and why. */
static void note_broken(const char *what, const char *why)
{
    outcome->state = BROKEN;
    snprintf(outcome->reason, sizeof outcome->reason, "%s: %s", what, why);
}

/* Waits for the end of the child, and notes when it was no good one. */
static void wait_for_child(pid_t child)
{
    int status;
    while (waitpid(child, &status, 0) == -1 && errno == EINTR)
        continue;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        note_broken("nothing", "the time limit was reached");
    else if (WIFSIGNALED(status))
        note_broken("a signal", strsignal(WTERMSIG(status)));
    else if (outcome->state == SILENT)
        note_broken("nothing", "no call was reported");
}

/* Plays one way to an error. What came is then in outcome. */
static void play(const struct call *call, const struct pair *pair,
                 const struct way *way)
{
    wanted_call = call->name;
    wanted = pair;
    memset(outcome, 0, sizeof *outcome);

    char directory[300];
    const char *temporary = getenv("TMPDIR");
    snprintf(directory, sizeof directory, "%s/errors.XXXXXX",
             temporary != NULL && *temporary != '\0' ? temporary : "/tmp");
    /* Everybody may enter: some play as the user nobody. */
    if (mkdtemp(directory) == NULL || chmod(directory, 0755) == -1) {
        fprintf(stderr, "errors: %s: %s\n", directory, strerror(errno));
        exit(EXIT_FAILURE);
    }
    const pid_t child = fork();
    if (child == 0)
        play_as_child(way, directory);
    if (child == -1) {
        note_broken("fork", strerror(errno));
    } else {
        wait_for_child(child);
        remove_memory_limit(child);
    }
    remove_directory(directory);
    if (end_signal != 0) {
        signal(end_signal, SIG_DFL);
        raise(end_signal);
    }
}

/* ---- Printing what was played ------------------------------------------- */

static struct {
    int live, root, skipped, never, failed;
} count;

/* Plays a way, and prints the call with its result, and how it came. */
static void show_way(const struct call *call, const struct pair *pair,
                     const struct way *way)
{
    play(call, pair, way);
    const bool failed = outcome->state != CAME && outcome->state != SKIPPED;
    if (outcome->state == CAME)
        printf("%s\n", outcome->line);
    else
        printf("%s: this way to %s %s\n", call->name, pair->name,
               failed ? "failed" : "is skipped");
    printf("    %s%s\n", way->kind == ROOT ? "As root: " : "", way->how);
    if (outcome->state == SKIPPED)
        printf("    %s\n", outcome->reason);
    if (failed)
        fprintf(stderr, "errors: %s %s (%s): instead came %s\n", call->name,
                pair->name, way->how,
                outcome->state == OTHER ? outcome->line : outcome->reason);
}

/*
 * Shows all ways to an error, then what it means and what to do. The pair is
 * counted as the first way that could be played.
 */
static void show_pair(const struct call *call, const struct pair *pair)
{
    int *counter = &count.skipped;
    for (const struct way *way = pair->ways; way->how != NULL; way++) {
        if (way->provoke == NULL) {
            printf("%s: %s is not provoked here\n    %s\n", call->name,
                   pair->name, way->how);
            counter = &count.never;
            continue;
        }
        show_way(call, pair, way);
        if (outcome->state == CAME && counter == &count.skipped)
            counter = way->kind == LIVE ? &count.live : &count.root;
        else if (outcome->state != CAME && outcome->state != SKIPPED)
            counter = &count.failed;
    }
    ++*counter;
    printf("    %s\n    %s\n\n", pair->meaning, pair->remedy);
}

/* Prints a heading when the first of its pairs is chosen. */
static void show_pairs(const struct call *call, bool on_page)
{
    bool headed = false;
    for (const struct pair *pair = call->pairs; pair->name != NULL; pair++) {
        if (pair->on_page != on_page || !is_chosen(call, pair))
            continue;
        if (!headed)
            printf("---- %s(2)%s ----\n\n", call->name,
                   on_page ? "" : ": errors that its man page does not list");
        headed = true;
        show_pair(call, pair);
    }
}

/* Plays what is chosen. True when every call failed as it should. */
static bool show_all(void)
{
    for (const struct call *call = calls; call->name != NULL; call++) {
        show_pairs(call, true);
        show_pairs(call, false);
    }
    printf("Played: %d live, %d as root. Skipped: %d. Not to be provoked: %d.",
           count.live, count.root, count.skipped, count.never);
    if (count.failed > 0)
        printf(" Failed: %d.", count.failed);
    printf("\n");
    return count.failed == 0;
}

/* ---- The arguments ------------------------------------------------------ */

static _Noreturn void end_with_usage(void)
{
    fputs(usage, stderr);
    exit(2);
}

/*
 * How many letters must be changed, added or taken away to make one word of
 * the other: the edit distance of Levenshtein. Capitals count as small ones.
 * The row holds the distances of the word's beginnings.
 */
static size_t distance(const char *from, const char *to)
{
    size_t row[40];
    const size_t length = strlen(to) < 39 ? strlen(to) : 39;
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (; *from != '\0'; from++) {
        size_t diagonal = row[0]++;
        for (size_t j = 0; j < length; j++) {
            const bool same =
                toupper((unsigned char)*from) == toupper((unsigned char)to[j]);
            size_t best = same ? diagonal : diagonal + 1;
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j + 1] + 1 < best)
                best = row[j + 1] + 1;
            diagonal = row[j + 1];
            row[j + 1] = best;
        }
    }
    return row[length];
}

/* Names of calls or of errors, each once. */
static const char *names[100];
static size_t name_count;

static void add_name(const char *name)
{
    for (size_t i = 0; i < name_count; i++) {
        if (strcmp(names[i], name) == 0)
            return;
    }
    if (name_count < sizeof names / sizeof names[0])
        names[name_count++] = name;
}

static void add_call_name(const struct call *call, const struct pair *pair)
{
    (void)pair;
    add_name(call->name);
}

static void add_error_name(const struct call *call, const struct pair *pair)
{
    (void)call;
    add_name(pair->name);
}

/* Ends the program if the word, when there is one, is none of the names. */
static void check_name(const char *what, const char *word)
{
    size_t nearest = SIZE_MAX;
    for (size_t i = 0; i < name_count && word != NULL; i++) {
        if (strcmp(word, names[i]) == 0)
            return;
        if (distance(word, names[i]) < nearest)
            nearest = distance(word, names[i]);
    }
    if (word == NULL)
        return;
    fprintf(stderr, "errors: there is no %s \"%s\" here. Nearest:", what,
            word);
    for (size_t i = 0; i < name_count; i++) {
        if (distance(word, names[i]) <= nearest + 1)
            fprintf(stderr, " %s", names[i]);
    }
    fprintf(stderr, "\n");
    end_with_usage();
}

/* Ends the program unless the names given exist, and belong together. */
static void check_choice(const char *call, const char *error)
{
    for_each_pair(add_call_name);
    check_name("call", call);
    name_count = 0;
    for_each_pair(add_error_name);
    check_name("error", error);

    /* The calls that give this error. */
    chosen_error = error;
    name_count = 0;
    for_each_pair(add_call_name);
    chosen_call = call;
    for (size_t i = 0; i < name_count; i++) {
        if (call == NULL || strcmp(call, names[i]) == 0)
            return;
    }
    fprintf(stderr, "errors: %s does not give %s. These do:", call, error);
    for (size_t i = 0; i < name_count; i++)
        fprintf(stderr, " %s", names[i]);
    fprintf(stderr, "\n");
    end_with_usage();
}

enum mode { PLAY, LIST, TEXTS, MARKDOWN };

static enum mode parse_arguments(int argc, char *argv[])
{
    enum mode mode = PLAY;
    const char *call = NULL;
    const char *error = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--help") == 0) {
            fputs(usage, stdout);
            exit(EXIT_SUCCESS);
        } else if (strcmp(argv[i], "--call") == 0 && i + 1 < argc) {
            call = argv[++i];
        } else if (strcmp(argv[i], "--error") == 0 && i + 1 < argc) {
            error = argv[++i];
        } else if (strcmp(argv[i], "--list") == 0) {
            mode = LIST;
        } else if (strcmp(argv[i], "--texts") == 0) {
            mode = TEXTS;
        } else if (strcmp(argv[i], "--markdown") == 0) {
            mode = MARKDOWN;
        } else {
            fprintf(stderr, "errors: \"%s\" makes no sense here\n", argv[i]);
            end_with_usage();
        }
    }
    check_choice(call, error);
    return mode;
}

int main(int argc, char *argv[])
{
    /* Print line by line, into a pipe too: setvbuf(3). */
    setvbuf(stdout, NULL, _IOLBF, 0);
    const enum mode mode = parse_arguments(argc, argv);
    bool worked = true;
    if (mode == LIST) {
        for_each_pair(print_list);
    } else if (mode == TEXTS) {
        for_each_pair(print_texts);
    } else if (mode == MARKDOWN) {
        print_markdown();
    } else {
        /* Memory that we share with the processes that play: mmap(2). */
        outcome = mmap(NULL, sizeof *outcome, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (outcome == MAP_FAILED) {
            fprintf(stderr, "errors: mmap: %s\n", strerror(errno));
            return EXIT_FAILURE;
        }
        signal(SIGINT, remember_signal);
        signal(SIGTERM, remember_signal);
        signal(SIGHUP, remember_signal);
        worked = show_all();
    }
    if (ferror(stdout)) {
        fprintf(stderr, "errors: standard output: cannot be written\n");
        return EXIT_FAILURE;
    }
    return worked ? EXIT_SUCCESS : EXIT_FAILURE;
}
